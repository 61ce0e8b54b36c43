import type { Rng } from "../../../../base/rng.ts";
import type { FloatImage } from "../../anomaly.ts";
import type { SynthesisParams } from "../synthesis-params.ts";

export interface DefectInput {
  image: FloatImage;
  rng: Rng;
  params: SynthesisParams;
  /** Lengths in pixels are this many times as long, for an image that is shown so many times as large. */
  scale: number;
  /** 1 where defects may lie, [height, width]; null: anywhere. */
  foreground: Uint8Array | null;
  /** A texture of the image's size. */
  texture(rng: Rng): FloatImage;
}

/** One way to spoil an image. The image that comes in stays as it is. */
export type Defect = (input: DefectInput) => { image: FloatImage; mask: Uint8Array<ArrayBuffer> };

export const between = (rng: Rng, from: number, to: number): number => from + (to - from) * rng.uniform();

/** A pixel where a defect may lie. */
export function place({ image: { width, height }, rng, foreground }: DefectInput): { x: number; y: number } {
  let at = rng.integer(width * height);
  // A foreground without a pixel is no foreground; the number of draws is bounded, so that a thin thing costs no time.
  for (let tries = 0; foreground && foreground[at] === 0 && tries < 200; tries++) at = rng.integer(width * height);
  return { x: at % width, y: Math.floor(at / width) };
}
