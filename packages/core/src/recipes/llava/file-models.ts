import { z } from "zod";
import type { StageKind } from "../../stages/index.ts";
import { modelImportParams } from "../../stages/model-import/definition.ts";
import type { EarlierStage, StageSpec } from "../../stages/stage.ts";
import { earlierModel } from "./earlier-model.ts";

/** Stages that leave a whole model in the LLaVA layout, encoder included: conversations can go on with any of them. */
const trainableKinds = [
  ...(["model-import", "conversation-train", "llava-train"] as const),
  ...(["vlm-sft", "lm-pretrain"] as const),
] satisfies StageKind[];

/** The same but for a language model behind an encoder that it has never seen through. */
const teachingKinds = trainableKinds.filter((kind) => kind !== "lm-pretrain");

const parts = z
  .strictObject({
    // Left out it means this: parameters from before there was a choice name none.
    from: z.literal("parts").optional().default("parts"),
    ...modelImportParams.shape,
  })
  .meta({ title: "Put together of parts" })
  .describe("Published weights, ONNX files or random numbers, part by part");

export const fileStudent = z
  .discriminatedUnion("from", [parts, earlierModel(trainableKinds, "is trained on")])
  .prefault({})
  .describe("The student: put together of parts, or taken from an earlier run");

export const fileTeacher = z
  .discriminatedUnion("from", [
    parts,
    earlierModel(teachingKinds, "teaches: any with the student's tokenizer, picture size and number of image tokens"),
  ])
  .meta({ title: "A teacher" })
  .nullable()
  .default(null)
  .describe("The teacher of distilled steps: put together of parts, or taken from an earlier run");

/** The stage that a run begins with for one of its models. `param` names the parameter, and the stage where it is an earlier one. */
export function modelStage(
  choice: z.output<typeof fileStudent>,
  { name, param, seed }: { name: string; param: string; seed: number },
): StageSpec | EarlierStage {
  if (choice.from === "run") return { name, run: choice.run, stage: choice.stage, artifact: "model", param };
  const { from: _, ...params } = choice;
  return { name, kind: "model-import", params, inputs: {}, seed };
}
