// [node]
import { fitMemoryBank } from "../../methods/memory-bank/fit.ts";
import { runDetector } from "../detector-run.ts";
import type { StageContext } from "../stage.ts";
import type { MemoryBankStageParams } from "./definition.ts";

export const runMemoryBank = (context: StageContext<MemoryBankStageParams>): Promise<void> =>
  runDetector(context, fitMemoryBank);
