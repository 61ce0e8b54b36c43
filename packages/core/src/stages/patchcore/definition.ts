import type { z } from "zod";
import { patchcoreParams } from "../../methods/patchcore/params.ts";
import { detectorStage, detectorStageParams } from "../detector-params.ts";
import type { StageDefinition } from "../stage.ts";

export const patchcoreStageParams = detectorStageParams(patchcoreParams.prefault({}));

export type PatchcoreStageParams = z.infer<typeof patchcoreStageParams>;

/** A core set of the patches of good pictures, and the distance to the nearest of them. */
export const patchcore: StageDefinition<PatchcoreStageParams> = {
  kind: "patchcore",
  version: 1,
  title: "PatchCore",
  params: patchcoreStageParams,
  ...detectorStage,
};
