import { Rng } from "../../../base/rng.ts";
import { drawIndustrial } from "../../anomaly/industrial/draw.ts";
import { type SurfaceName, surfaceNames } from "../../anomaly/industrial/names.ts";
import type { FloatImage } from "../anomaly.ts";
import { foregroundMask } from "./foreground.ts";
import { synthesize } from "./synthesis.ts";
import type { DefectName, SynthesisParams } from "./synthesis-params.ts";

/** A normal picture before and after. */
export interface SynthesisPreview {
  sizePx: number;
  /** 8-bit RGB [sizePx, sizePx, 3], row-major. */
  normal: Uint8Array<ArrayBuffer>;
  spoilt: Uint8Array<ArrayBuffer>;
  /** 1 where the change is seen, [sizePx, sizePx]. */
  mask: Uint8Array<ArrayBuffer>;
  /** What was done, in order; empty where the picture stayed normal. */
  kinds: DefectName[];
}

export interface SynthesisPreviewOptions {
  params: SynthesisParams;
  seed: number;
  /** Pictures to spoil, 8-bit RGB [sizePx, sizePx, 3]; default: drawn surfaces, one after the other. */
  pictures?: readonly Uint8Array[];
  sizePx: number;
  count: number;
}

/**
 * What training would make of pictures, for people to look at before they train: the same function and parameters, every
 * picture spoilt. Textures from a folder are shown as drawn ones. Pure, and free of Node.
 */
export function previewSynthesis({
  params,
  seed,
  pictures,
  sizePx,
  count,
}: SynthesisPreviewOptions): SynthesisPreview[] {
  const rng = Rng.fromSeed(seed).stream("synthesis-preview");
  const shown = pictures ?? surfaceNames.slice(0, count).map((surface) => drawn(surface, sizePx, rng));
  const images = shown.map((rgb) => floatImage(rgb, sizePx));
  return Array.from({ length: count }, (_, at) => {
    const image = images[at % images.length]!;
    const normal = Uint8Array.from(shown[at % shown.length]!);
    const made = synthesize({
      image,
      params: { ...params, cleanShare: 0 },
      rng: rng.stream(`picture-${at}`),
      foreground: foregroundMask(greyOf(image), { width: sizePx, height: sizePx, growPx: 2 }),
      textures: { training: (stream) => stream.pick(images) },
    });
    const spoilt = Uint8Array.from(made.image.data, (value) => Math.round(255 * Math.min(1, Math.max(0, value))));
    return { sizePx, normal, spoilt, mask: made.mask, kinds: made.kinds };
  });
}

function drawn(surface: SurfaceName, sizePx: number, rng: Rng): Uint8Array {
  return drawIndustrial({ surface, defect: null, sizePx, rng: rng.stream(surface) }).rgb;
}

function floatImage(rgb: Uint8Array, sizePx: number): FloatImage {
  return { data: Float32Array.from(rgb, (value) => value / 255), width: sizePx, height: sizePx, channels: 3 };
}

function greyOf({ data }: FloatImage): Float32Array {
  const grey = new Float32Array(data.length / 3);
  for (let at = 0; at < grey.length; at++) {
    grey[at] = 0.299 * data[3 * at]! + 0.587 * data[3 * at + 1]! + 0.114 * data[3 * at + 2]!;
  }
  return grey;
}
