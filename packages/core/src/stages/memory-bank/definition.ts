import type { z } from "zod";
import { memoryBankParams } from "../../methods/memory-bank/params.ts";
import { detectorStage, detectorStageParams } from "../detector-params.ts";
import type { StageDefinition } from "../stage.ts";

export const memoryBankStageParams = detectorStageParams(memoryBankParams.prefault({}));

export type MemoryBankStageParams = z.infer<typeof memoryBankStageParams>;

/** All patches of a few good pictures, and the cosine with the nearest of them. */
export const memoryBank: StageDefinition<MemoryBankStageParams> = {
  kind: "memory-bank",
  version: 1,
  title: "Memory bank",
  params: memoryBankStageParams,
  ...detectorStage,
};
