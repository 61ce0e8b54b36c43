import type { z } from "zod";
import { padimParams } from "../../methods/padim/params.ts";
import { detectorStage, detectorStageParams } from "../detector-params.ts";
import type { StageDefinition } from "../stage.ts";

export const padimStageParams = detectorStageParams(padimParams.prefault({}));

export type PadimStageParams = z.infer<typeof padimStageParams>;

/** A Gaussian of the patch features at every place, and the Mahalanobis distance to it. */
export const padim: StageDefinition<PadimStageParams> = {
  kind: "padim",
  version: 1,
  title: "PaDiM",
  params: padimStageParams,
  ...detectorStage,
};
