import type { StageSpec } from "../../stages/stage.ts";
import type { ClipSource } from "./params.ts";

/** Enough for ViT-L/14 at 336 px, a picture a step. */
const IMPORTED_TOWERS_GIB = 12;

/**
 * What stages on those towers may take; undefined: as much as small ones need. How large imported ones are is not known before their
 * files are read.
 */
export const towersMemoryGib = (clip: ClipSource, given: number | null | undefined): number | undefined =>
  given ?? (clip.source === "import" ? IMPORTED_TOWERS_GIB : undefined);

/** The stage that leaves the two towers, "towers" by name; for every recipe that builds on a CLIP. */
export function towersStage(
  clip: ClipSource,
  { threads, device, seed }: { threads: number; device: string; seed: number },
): StageSpec {
  if (clip.source === "import") return { name: "towers", kind: "clip-import", params: clip.import, inputs: {}, seed };
  return { name: "towers", kind: "clip-pretrain", params: { ...clip.pretrain, threads, device }, inputs: {}, seed };
}
