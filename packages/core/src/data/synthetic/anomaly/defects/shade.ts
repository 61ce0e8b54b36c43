import type { FloatImage } from "../../anomaly.ts";

/** Lays one tone over the image, as strongly as `strength` [height, width] in [0, 1] says; the mask is where it is not zero. */
export function shaded(
  image: FloatImage,
  { strength, tone }: { strength: Float32Array; tone: number },
): { image: FloatImage; mask: Uint8Array<ArrayBuffer> } {
  const { channels } = image;
  const data = image.data.map((value, at) => {
    const share = strength[Math.floor(at / channels)]!;
    return value + (tone - value) * share;
  });
  return { image: { ...image, data }, mask: Uint8Array.from(strength, (share) => Number(share > 0)) };
}
