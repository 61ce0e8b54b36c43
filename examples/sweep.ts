// Twelve points by TPE, the hopeless ones stopped early; and an ablation of two habits. Several sweeps in one file.
//   npx retort sweep examples/sweep.ts --dry-run
import { defineSweep } from "@retort/api/client";

const params = { size: "nano", training: { numSteps: 300 } };

export const sweeps = [
  defineSweep({
    recipe: "quickstart",
    name: "optimiser by TPE",
    params,
    search: {
      space: {
        parameters: {
          training: {
            learningRate: { type: "log", min: 1e-4, max: 1e-2 },
            weightDecay: { type: "uniform", min: 0, max: 0.2 },
            warmupSteps: { type: "choice", values: [0, 50, 100] },
          },
        },
      },
      sampler: { kind: "tpe", params: { numStartup: 6 } },
      pruner: { kind: "median", params: { numStartup: 4, warmupSteps: 100 } },
      maxPoints: 12,
    },
    watch: { metric: "loss", mode: "min", everySteps: 50 },
    maxConcurrentRuns: 2,
  }),
  defineSweep({
    recipe: "quickstart",
    name: "without warm-up, without decay",
    params,
    search: {
      space: {
        ablations: {
          habits: {
            mode: "all-but-one",
            axes: {
              warmup: { on: { "training.warmupSteps": 50 }, off: { "training.warmupSteps": 0 } },
              decay: { on: { "training.weightDecay": 0.1 }, off: { "training.weightDecay": 0 } },
            },
          },
        },
        seeds: [0, 1, 2],
      },
    },
  }),
];
