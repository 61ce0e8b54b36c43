// [node]
import { readFile } from "node:fs/promises";
import { zeroShotDetector } from "../../methods/zero-shot/fit.ts";
import { readText } from "../../models/clip/text-file.ts";
import { runDetector } from "../detector-run.ts";
import type { StageContext } from "../stage.ts";
import type { ZeroShotStageParams } from "./definition.ts";

export async function runZeroShot(context: StageContext<ZeroShotStageParams>): Promise<void> {
  const text = readText(await readFile(context.inputs.text!), "input text tower");
  await runDetector(context, (options) => zeroShotDetector({ ...options, text }));
}
