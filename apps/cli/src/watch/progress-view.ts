import type { Run, Stage } from "@retort/api";
import { createLineView } from "./line-view.ts";
import type { ProgressView } from "./view.ts";

/** Bars in a terminal, lines elsewhere (a log of CI must not be full of control characters). */
export async function createProgressView({ isSingleRun }: { isSingleRun: boolean }): Promise<ProgressView> {
  const labelOf = (run: Run, stage: Stage) => (isSingleRun ? stage.name : `seed ${run.seed} ${stage.name}`);
  if (!process.stderr.isTTY) return createLineView(labelOf);
  const { createBarView } = await import("./bar-view.ts");
  return createBarView(labelOf);
}
