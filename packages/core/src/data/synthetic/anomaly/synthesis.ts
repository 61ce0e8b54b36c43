import type { Rng } from "../../../base/rng.ts";
import type { FloatImage } from "../anomaly.ts";
import { augmented } from "./augmenters.ts";
import type { DefectInput } from "./defects/defect.ts";
import { defects } from "./defects/index.ts";
import { grown } from "./dilation.ts";
import type { DefectName, SynthesisParams } from "./synthesis-params.ts";
import { generatedTexture } from "./texture.ts";

export interface SynthesisInput {
  /** Values in [0, 1]. */
  image: FloatImage;
  params: SynthesisParams;
  rng: Rng;
  /** How many times as large the image is shown as where the parameters' pixels are meant; default 1. */
  scale?: number;
  /** 1 where the thing is, [height, width], as foregroundMask gives it; null: anywhere. */
  foreground: Uint8Array | null;
  /** Textures by source, each of the image's size and channels; "generated" needs none. */
  textures?: Partial<Record<"training" | "folder", (rng: Rng) => FloatImage>>;
}

export interface SyntheticAnomaly {
  image: FloatImage;
  /** 1 where the image was changed visibly, [height, width]; all 0 for an image that stays normal. */
  mask: Uint8Array<ArrayBuffer>;
  /** What was done, in order; empty for an image that stays normal. */
  kinds: DefectName[];
}

/** A defect that is not seen is drawn again this often. */
const TRIES = 5;

/** A normal image, spoilt or left alone as the parameters' shares say. Depends on its input and the stream alone. */
export function synthesize(input: SynthesisInput): SyntheticAnomaly {
  const { image, params, rng, foreground, textures = {}, scale = 1 } = input;
  const clean: SyntheticAnomaly = { image, mask: new Uint8Array(image.width * image.height), kinds: [] };
  if (rng.uniform() < params.cleanShare) return clean;
  const allowed = params.foreground === "auto" ? foreground : null;
  const texture = (stream: Rng) => {
    const source = stream.pick(params.textures);
    const drawn = source === "generated" ? undefined : textures[source];
    const found = drawn ? drawn(stream) : generatedTexture(stream, image);
    return augmented(found, stream, { allowed: params.augmenters, count: params.numAugmenters });
  };
  for (let tries = 0; tries < TRIES; tries++) {
    const spoilt = spoil({ image, rng, params, scale, foreground: allowed, texture });
    if (spoilt.mask.includes(1)) return spoilt;
  }
  return clean;
}

function spoil(input: DefectInput): SyntheticAnomaly {
  const { image, rng, params, scale } = input;
  const kinds = Array.from({ length: 1 + rng.integer(params.maxDefects) }, () => rng.pick(params.kinds));
  let changed = image;
  const touched = new Uint8Array(image.width * image.height);
  for (const kind of kinds) {
    const result = defects[kind]({ ...input, image: changed });
    result.mask.forEach((inside, at) => {
      touched[at]! |= inside;
    });
    changed = result.image;
  }
  return { image: changed, mask: visible(image, { changed, touched, params, scale }), kinds };
}

/**
 * Touched pixels whose mean change over the channels reaches minChange, and touched ones up to nearPx away: what lies between the visible
 * parts of a defect belongs to it.
 */
function visible(
  { data, width, height, channels }: FloatImage,
  {
    changed,
    touched,
    params,
    scale,
  }: { changed: FloatImage; touched: Uint8Array; params: SynthesisParams; scale: number },
): Uint8Array<ArrayBuffer> {
  const { minChange, nearPx } = params;
  const seen = new Uint8Array(touched.length);
  for (let at = 0; at < touched.length; at++) {
    if (touched[at] === 0) continue;
    let sum = 0;
    for (let c = at * channels; c < (at + 1) * channels; c++) sum += Math.abs(changed.data[c]! - data[c]!);
    seen[at] = Number(sum / channels >= minChange);
  }
  const near = grown(seen, { width, height, radius: Math.round(scale * nearPx) });
  for (let at = 0; at < near.length; at++) near[at]! &= touched[at]!;
  return near;
}
