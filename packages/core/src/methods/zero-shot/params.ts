import { z } from "zod";
import { patchFeatureParams } from "../patch-detection/params.ts";
import { abnormalStates, normalStates, templates } from "./prompts.ts";

const texts = (preset: readonly string[]) =>
  z
    .array(z.string().includes("{}"))
    .min(1)
    .default([...preset]);

export const zeroShotParams = z.strictObject({
  // Layers of the joint space alone can be compared with texts.
  features: patchFeatureParams.unwrap().omit({ projected: true }).prefault({}),
  objectWords: z
    .string()
    .min(1)
    .default("object")
    .describe("What prompts call the thing in the unified setting, where nobody tells the category"),
  normalStates: texts(normalStates).describe("States of a good thing; {} is the thing"),
  abnormalStates: texts(abnormalStates).describe("States of a defective thing; {} is the thing"),
  templates: texts(templates).describe("Sentences; {} is the thing in its state"),
  temperature: z
    .number()
    .positive()
    .max(10)
    .default(0.07)
    .describe("Divides the cosines before the softmax over both states"),
});

export type ZeroShotParams = z.infer<typeof zeroShotParams>;
