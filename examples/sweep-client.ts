// A sweep from a script: previewed, launched, followed, and its trials written as CSV. Takes seconds.
//   npx tsx examples/sweep-client.ts http://127.0.0.1:3000 "$(cat .retort/api-key)" > trials.csv
import { createRetort, defineSweep } from "@retort/api/client";

const [url = "http://127.0.0.1:3000", apiKey = ""] = process.argv.slice(2);
const retort = createRetort({ url, apiKey });
const unit = { type: "uniform", min: 0, max: 1 } as const;

const sweep = defineSweep({
  recipe: "diagnostic",
  name: "the top of a hill",
  params: { steps: 10, stepMs: 10, load: "idle" },
  search: {
    space: { parameters: { landscape: { x: unit, y: unit } } },
    sampler: { kind: "tpe", params: { numStartup: 4 } },
    mode: "max",
    maxPoints: 12,
  },
  objective: { metric: "score" },
});

const { numRuns, uniqueStages, estimate } = await retort.sweeps.preview.query(sweep);
console.error(`${numRuns} runs, ${uniqueStages} stages, ${estimate.deviceSeconds ?? "unknown"} s. ${estimate.basis}`);

const { sweepId } = await retort.sweeps.launch.mutate(sweep);
await new Promise<void>((resolve, reject) => {
  retort.sweeps.live.subscribe(
    { sweepId },
    {
      onData: ({ data: { counts, best } }) => console.error(counts.succeeded, "done, best", best?.mean, best?.point),
      onComplete: resolve,
      onError: reject,
    },
  );
});
const { csv } = await retort.sweeps.export.query({ sweepId });
process.stdout.write(csv);
