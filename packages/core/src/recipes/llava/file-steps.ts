import { z } from "zod";
import { type TemplateName, templateNames } from "../../data/conversation/templates.ts";
import { llavaJsonParams } from "../../data/llava-json/params.ts";
import { conversationTraining } from "../../stages/conversation-train/definition.ts";
import type { SchemeStage } from "./params.ts";

// As LLaVA: one conversation a row, and one row at a time, so that a batch of the paper's size takes time and not memory.
const paper = { microBatchSize: 1, packed: false };

/** PT, DPT. Source: LLaVA-KD's scripts, 558k captions once. */
const alignment = {
  template: "plain",
  training: { ...paper, numSteps: 2180, warmupSteps: 66, batchSize: 256, learningRate: 1e-3, order: "shuffled" },
} as const;

/** SFT, DFT. Source: LLaVA-KD's scripts, 665k instructions once. */
const tuning = {
  template: "phi",
  training: {
    ...paper,
    ...{ numSteps: 5200, warmupSteps: 156, batchSize: 128, learningRate: 2e-5 },
    order: "by-modality-and-length",
  },
} as const;

function fileStep<S extends SchemeStage>(
  step: S,
  { title, template, training }: { title: string } & (typeof alignment | typeof tuning),
) {
  return z
    .strictObject({
      step: z.literal(step),
      data: llavaJsonParams,
      template: z
        .enum(templateNames)
        .default(template satisfies TemplateName)
        .describe("Frame of the conversations; plain leaves the question out, for captions"),
      training: conversationTraining(training),
    })
    .meta({ title });
}

/** A training step on files, each kind with the paper's frame, learning rate, batch, order and length (one epoch of its data). */
export const fileSteps = z.discriminatedUnion("step", [
  fileStep("PT", { title: "PT: projector, on captions", ...alignment }),
  fileStep("DPT", { title: "DPT: projector, on captions, with a teacher", ...alignment }),
  fileStep("SFT", { title: "SFT: projector and language model, on instructions", ...tuning }),
  fileStep("DFT", { title: "DFT: projector and language model, on instructions, with a teacher", ...tuning }),
]);
