import { z } from "zod";
import type { Rng } from "../base/rng.ts";

export const augmentParams = z.strictObject({
  shiftPx: z
    .int()
    .min(0)
    .max(64)
    .default(8)
    .describe("Largest random shift of a training picture, in pixels; its border is repeated"),
  flip: z
    .enum(["none", "horizontal", "both"])
    .default("none")
    .describe("Random mirroring of training pictures; keep it off where questions ask for left and right"),
});

export type Augment = z.infer<typeof augmentParams>;

/** Copies a square RGB picture [size,size,3] to `target`, randomly shifted and mirrored. Draws the same count of numbers always. */
export function augmentInto(
  target: Uint8Array,
  source: Uint8Array,
  options: Augment & { sizePx: number; rng: Rng },
): void {
  const { sizePx, rng, shiftPx, flip } = options;
  const dx = rng.integer(2 * shiftPx + 1) - shiftPx;
  const dy = rng.integer(2 * shiftPx + 1) - shiftPx;
  const mirrorX = rng.uniform() < 0.5 && flip !== "none";
  const mirrorY = rng.uniform() < 0.5 && flip === "both";
  const inside = (at: number) => Math.min(Math.max(at, 0), sizePx - 1);
  for (let y = 0; y < sizePx; y++) {
    const fromY = inside((mirrorY ? sizePx - 1 - y : y) - dy);
    for (let x = 0; x < sizePx; x++) {
      const fromX = inside((mirrorX ? sizePx - 1 - x : x) - dx);
      const from = (fromY * sizePx + fromX) * 3;
      const to = (y * sizePx + x) * 3;
      target[to] = source[from]!;
      target[to + 1] = source[from + 1]!;
      target[to + 2] = source[from + 2]!;
    }
  }
}
