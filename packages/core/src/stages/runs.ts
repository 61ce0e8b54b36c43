import type { StageKind, StageParams } from "./index.ts";
import type { StageRun } from "./stage.ts";

type StageRuns = { readonly [K in StageKind]: () => Promise<StageRun<StageParams<K>>> };

/** How each kind runs [node]. Loaded when it is needed: an attempt's process imports the code of its own kind alone. */
export const stageRuns: StageRuns = {
  diagnostic: async () => (await import("./diagnostic/run.ts")).runDiagnostic,
  "diagnostic-check": async () => (await import("./diagnostic-check/run.ts")).runDiagnosticCheck,
  "model-import": async () => (await import("./model-import/run.ts")).runModelImport,
  "vlm-evaluate": async () => (await import("./vlm-evaluate/run.ts")).runVlmEvaluate,
  "vlm-sft": async () => (await import("./vlm-sft/run.ts")).runVlmSft,
};
