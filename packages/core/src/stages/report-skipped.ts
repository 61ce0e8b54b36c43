import type { VqaData } from "../data/dataset.ts";
import type { StageContext } from "./stage.ts";

/** Says in the stage's log how many records were left out, and each of them. */
export function reportSkipped({ skipped }: Pick<VqaData, "skipped">, { log }: Pick<StageContext, "log">): void {
  if (skipped.length > 0) log("warn", `${skipped.length} bad records were skipped`);
  for (const { where, code, reason } of skipped) log("warn", `skipped ${where}: ${code}, ${reason}`);
}
