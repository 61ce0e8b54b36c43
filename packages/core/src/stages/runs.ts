import type { StageKind, StageParams } from "./index.ts";
import type { StageRun } from "./stage.ts";

type StageRuns = { readonly [K in StageKind]: () => Promise<StageRun<StageParams<K>>> };

/** How each kind runs [node]. Loaded when it is needed: an attempt's process imports the code of its own kind alone. */
export const stageRuns: StageRuns = {
  "benchmark-evaluate": async () => (await import("./benchmark-evaluate/run.ts")).runBenchmarkEvaluate,
  "conversation-train": async () => (await import("./conversation-train/run.ts")).runConversationTrain,
  "clip-ada-evaluate": async () => (await import("./clip-ada-evaluate/run.ts")).runClipAdaEvaluate,
  "clip-ada-train": async () => (await import("./clip-ada-train/run.ts")).runClipAdaTrain,
  "clip-import": async () => (await import("./clip-import/run.ts")).runClipImport,
  "clip-pretrain": async () => (await import("./clip-pretrain/run.ts")).runClipPretrain,
  diagnostic: async () => (await import("./diagnostic/run.ts")).runDiagnostic,
  "diagnostic-check": async () => (await import("./diagnostic-check/run.ts")).runDiagnosticCheck,
  "model-import": async () => (await import("./model-import/run.ts")).runModelImport,
  "llava-train": async () => (await import("./llava-train/run.ts")).runLlavaTrain,
  "lm-pretrain": async () => (await import("./lm-pretrain/run.ts")).runLmPretrain,
  "teacher-cache": async () => (await import("./teacher-cache/run.ts")).runTeacherCache,
  "vision-features": async () => (await import("./vision-features/run.ts")).runVisionFeatures,
  "vision-pretrain": async () => (await import("./vision-pretrain/run.ts")).runVisionPretrain,
  "mean-brightness": async () => (await import("./mean-brightness/run.ts")).runMeanBrightness,
  "memory-bank": async () => (await import("./memory-bank/run.ts")).runMemoryBank,
  padim: async () => (await import("./padim/run.ts")).runPadim,
  patchcore: async () => (await import("./patchcore/run.ts")).runPatchcore,
  "diagnostic-light": async () => (await import("./diagnostic-light/run.ts")).runDiagnosticLight,
  "vlm-evaluate": async () => (await import("./vlm-evaluate/run.ts")).runVlmEvaluate,
  "vlm-sft": async () => (await import("./vlm-sft/run.ts")).runVlmSft,
  "zero-shot": async () => (await import("./zero-shot/run.ts")).runZeroShot,
};
