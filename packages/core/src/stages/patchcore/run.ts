// [node]
import { fitPatchcore } from "../../methods/patchcore/fit.ts";
import { runDetector } from "../detector-run.ts";
import type { StageContext } from "../stage.ts";
import type { PatchcoreStageParams } from "./definition.ts";

export const runPatchcore = (context: StageContext<PatchcoreStageParams>): Promise<void> =>
  runDetector(context, fitPatchcore);
