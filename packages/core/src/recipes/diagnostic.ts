import { type DiagnosticParams, diagnosticParams } from "../stages/diagnostic/definition.ts";
import type { StageSpec } from "../stages/stage.ts";
import type { RecipeDefinition } from "./recipe.ts";

/** Two stages that check an installation: work that reports as training does, and a check of the artifact it leaves. */
export const diagnostic = {
  name: "diagnostic",
  title: "Diagnostic",
  summary:
    "Checks an installation: a worker takes a stage, reports metrics, stores an artifact and hands it to a second stage. " +
    "It can be told to fail, to show what the platform makes of it.",
  params: diagnosticParams,
  headline: { metric: "checksPassed", label: "Checks passed", unit: "fraction", higherIsBetter: true },
  published: [],
  sweeps: {
    installation: {
      title: "Four short runs",
      summary: "Two lengths and two seeds, to see that a sweep is planned, shared between workers and counted.",
      params: { stepMs: 5 },
      search: { space: { parameters: { steps: { type: "choice", values: [10, 20] } }, seeds: [1, 2] } },
    },
  },
  stages(params: DiagnosticParams, seed: number): StageSpec[] {
    return [
      { name: "work", kind: "diagnostic", params, inputs: {}, seed },
      {
        name: "check",
        kind: "diagnostic-check",
        params: { steps: params.steps, device: params.device },
        inputs: { report: { stage: "work", artifact: "report" } },
        seed,
      },
    ];
  },
} satisfies RecipeDefinition<DiagnosticParams>;
