import type { z } from "zod";
import { benchmarkEvaluate } from "./benchmark-evaluate/definition.ts";
import { clipAdaEvaluate } from "./clip-ada-evaluate/definition.ts";
import { clipAdaTrain } from "./clip-ada-train/definition.ts";
import { clipImport } from "./clip-import/definition.ts";
import { clipPretrain } from "./clip-pretrain/definition.ts";
import { conversationTrain } from "./conversation-train/definition.ts";
import { diagnostic } from "./diagnostic/definition.ts";
import { diagnosticCheck } from "./diagnostic-check/definition.ts";
import { diagnosticLight } from "./diagnostic-light/definition.ts";
import { llavaTrain } from "./llava-train/definition.ts";
import { lmPretrain } from "./lm-pretrain/definition.ts";
import { meanBrightness } from "./mean-brightness/definition.ts";
import { memoryBank } from "./memory-bank/definition.ts";
import { modelImport } from "./model-import/definition.ts";
import { padim } from "./padim/definition.ts";
import { patchcore } from "./patchcore/definition.ts";
import type { StageDefinition } from "./stage.ts";
import { teacherCache } from "./teacher-cache/definition.ts";
import { visionFeatures } from "./vision-features/definition.ts";
import { visionPretrain } from "./vision-pretrain/definition.ts";
import { vlmEvaluate } from "./vlm-evaluate/definition.ts";
import { vlmSft } from "./vlm-sft/definition.ts";
import { zeroShot } from "./zero-shot/definition.ts";

/** Every kind of stage, by its kind. How it runs stands in runs.ts. */
export const stages = {
  "benchmark-evaluate": benchmarkEvaluate,
  "conversation-train": conversationTrain,
  "clip-ada-evaluate": clipAdaEvaluate,
  "clip-ada-train": clipAdaTrain,
  "clip-import": clipImport,
  "clip-pretrain": clipPretrain,
  diagnostic,
  "diagnostic-check": diagnosticCheck,
  "model-import": modelImport,
  "llava-train": llavaTrain,
  "lm-pretrain": lmPretrain,
  "teacher-cache": teacherCache,
  "vision-features": visionFeatures,
  "vision-pretrain": visionPretrain,
  "mean-brightness": meanBrightness,
  "memory-bank": memoryBank,
  padim,
  patchcore,
  "diagnostic-light": diagnosticLight,
  "vlm-evaluate": vlmEvaluate,
  "vlm-sft": vlmSft,
  "zero-shot": zeroShot,
} satisfies Record<string, StageDefinition>;

export type StageKind = keyof typeof stages;

/** Parameters of a kind, parsed. */
export type StageParams<K extends StageKind> = z.output<(typeof stages)[K]["params"]>;

/** The same table, so that one kind's definition and its parameters are known to belong together. */
export const stageDefinitions: { readonly [K in StageKind]: StageDefinition<StageParams<K>> } = stages;

export function isStageKind(kind: string): kind is StageKind {
  return Object.hasOwn(stages, kind);
}
