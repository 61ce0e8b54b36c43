import type { z } from "zod";
import { zeroShotParams } from "../../methods/zero-shot/params.ts";
import { detectorStage, detectorStageParams } from "../detector-params.ts";
import type { StageDefinition } from "../stage.ts";

export const zeroShotStageParams = detectorStageParams(zeroShotParams.prefault({}));

export type ZeroShotStageParams = z.infer<typeof zeroShotStageParams>;

/** An ensemble of fixed prompts for good and defective things; nothing is learnt. */
export const zeroShot: StageDefinition<ZeroShotStageParams> = {
  kind: "zero-shot",
  version: 1,
  title: "Zero-shot prompts",
  params: zeroShotStageParams,
  ...detectorStage,
  inputs: { ...detectorStage.inputs, text: { description: "The text tower of the same CLIP" } },
};
