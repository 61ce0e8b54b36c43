import type { StageSpec } from "../../stages/stage.ts";
import type { ClipSource } from "./params.ts";

/** The stage that leaves the two towers, "towers" by name; for every recipe that builds on a CLIP. */
export function towersStage(
  clip: ClipSource,
  { threads, device, seed }: { threads: number; device: string; seed: number },
): StageSpec {
  if (clip.source === "import") return { name: "towers", kind: "clip-import", params: clip.import, inputs: {}, seed };
  return { name: "towers", kind: "clip-pretrain", params: { ...clip.pretrain, threads, device }, inputs: {}, seed };
}
