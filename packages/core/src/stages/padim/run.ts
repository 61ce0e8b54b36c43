// [node]
import { fitPadim } from "../../methods/padim/fit.ts";
import { runDetector } from "../detector-run.ts";
import type { StageContext } from "../stage.ts";
import type { PadimStageParams } from "./definition.ts";

export const runPadim = (context: StageContext<PadimStageParams>): Promise<void> => runDetector(context, fitPadim);
