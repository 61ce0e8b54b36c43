// [node]
import { Rng } from "../../base/rng.ts";
import type { AnomalyDataParams } from "../../data/anomaly/choice.ts";
import { encodePng } from "../../data/images.ts";
import type { DefectName, SynthesisParams } from "../../data/synthetic/anomaly/synthesis-params.ts";
import { NormalImages } from "./normal-images.ts";
import { drawWindow, toBytes } from "./training-window.ts";
import type { WindowParams } from "./window-params.ts";

export interface SynthesisPreviewOptions {
  data: AnomalyDataParams;
  synthesis: SynthesisParams;
  window: WindowParams;
  /** Side that pictures are scaled to before windows are cut: the detection's, as in training. */
  sizePx: number;
  numSamples: number;
  seed: number;
}

export interface SynthesisPreview {
  category: string;
  /** What was done to the window; empty where it stayed normal. */
  kinds: DefectName[];
  /** Share of the window that is anomalous. */
  areaFraction: number;
  /** The window before, after with the defect outlined, and the mask, side by side. */
  png: Uint8Array;
}

/** So many pictures of each category are read: enough to show what the parameters do, quick enough for a form. */
const IMAGES_PER_CATEGORY = 4;
/** Of larger pictures fewer are read, down to one, since all are kept in memory. */
const FULL_COUNT_PX = 1024;
const OUTLINE = [64, 224, 255] as const;

/**
 * Windows as training with these parameters would see them, made by the same code. Only the first few pictures are read.
 * @throws DataError for data that cannot be read
 */
export async function previewSynthesis(options: SynthesisPreviewOptions): Promise<SynthesisPreview[]> {
  const { data, synthesis, window, sizePx, numSamples, seed } = options;
  const numRead = Math.max(1, Math.floor(IMAGES_PER_CATEGORY * Math.min(1, (FULL_COUNT_PX / sizePx) ** 2)));
  const maxImages = Math.min(data.few.maxImages ?? numRead, numRead);
  const images = await NormalImages.load(
    { data: { ...data, few: { ...data.few, maxImages } }, synthesis, channels: 3, sizePx, heldOut: 0, seed },
    "train",
  );
  const rng = Rng.fromSeed(seed).stream("synthesis-preview");
  const previews: SynthesisPreview[] = [];
  for (let at = 0; at < numSamples; at++) {
    const stream = rng.stream(`sample-${at}`);
    // Categories in turn, so that a few samples show all of them.
    const { name, images: normals } = images.categories[at % images.categories.length]!;
    const { before, image, mask, kinds } = drawWindow(stream.pick(normals), images, { window, synthesis, rng: stream });
    const size = window.cropPx;
    const png = await sideBySide([toBytes(before), outlined(toBytes(image), mask, size), greyOf(mask)], size);
    const numInside = mask.reduce((sum, value) => sum + value, 0);
    previews.push({ category: name, kinds, areaFraction: numInside / mask.length, png });
  }
  return previews;
}

function greyOf(mask: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: mask.length * 3 }, (_, at) => mask[Math.floor(at / 3)]! * 255);
}

/** RGB [size, size, 3] with the mask's border drawn just outside of it. */
function outlined(rgb: Uint8Array, mask: Uint8Array, size: number): Uint8Array {
  const out = rgb.slice();
  const inside = (x: number, y: number) => x >= 0 && y >= 0 && x < size && y < size && mask[y * size + x] === 1;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      if (inside(x, y)) continue;
      if (inside(x - 1, y) || inside(x + 1, y) || inside(x, y - 1) || inside(x, y + 1))
        out.set(OUTLINE, (y * size + x) * 3);
    }
  }
  return out;
}

function sideBySide(pictures: readonly Uint8Array[], size: number): Promise<Uint8Array> {
  const gap = 4;
  const width = pictures.length * size + (pictures.length - 1) * gap;
  const rgb = new Uint8Array(width * size * 3).fill(255);
  pictures.forEach((picture, index) => {
    for (let y = 0; y < size; y++) {
      rgb.set(picture.subarray(y * size * 3, (y + 1) * size * 3), (y * width + index * (size + gap)) * 3);
    }
  });
  return encodePng(rgb, width, size);
}
