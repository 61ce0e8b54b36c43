/** What a detector says about N pictures: higher is more anomalous, never clamped. */
export interface AnomalyScores {
  /** [N, height, width]. */
  maps: Float32Array;
  /** Size of a map; it is brought to the size of the picture by bilinear interpolation. */
  width: number;
  height: number;
  /** [N]. */
  scores: Float32Array;
}

/** One picture of a batch again, at another size: 8-bit RGB [sizePx, sizePx, 3]. Decodes it anew. */
export type PictureAt = (row: number, sizePx: number) => Promise<Uint8Array>;

/** A detector, as the evaluation sees it. Whoever makes it disposes. */
export interface AnomalyScorer {
  /** Pictures are brought to this width and height. */
  imageSizePx: number;
  /** Pictures that are scored together. */
  batchSize: number;
  /** `pixels` 8-bit RGB [N, imageSizePx, imageSizePx, 3], N at most batchSize; `at` for a closer look at one of them. */
  score(pixels: Uint8Array<ArrayBuffer>, numImages: number, at: PictureAt): Promise<AnomalyScores>;
}

/** A detector that needs no closer look. */
export interface WholePictureScorer extends AnomalyScorer {
  score(pixels: Uint8Array<ArrayBuffer>, numImages: number): Promise<AnomalyScores>;
}

/** Brightness itself as the score: what a detector must beat, since some sets give their defects away by it. */
export function meanBrightness(imageSizePx: number): WholePictureScorer {
  return {
    imageSizePx,
    batchSize: 16,
    async score(pixels, numImages) {
      const maps = Float32Array.from({ length: numImages * imageSizePx * imageSizePx }, (_, at) =>
        brightnessAt(pixels, at),
      );
      return { maps, width: imageSizePx, height: imageSizePx, scores: meanBrightnessOf(pixels, numImages) };
    },
  };
}

/** Mean brightness of each of N pictures, 8-bit RGB of one size: [N], in [0, 1]. */
export function meanBrightnessOf(pixels: Uint8Array, numImages: number): Float32Array {
  const size = pixels.length / numImages / 3;
  return Float32Array.from({ length: numImages }, (_, image) => {
    let sum = 0;
    for (let at = image * size; at < (image + 1) * size; at++) sum += brightnessAt(pixels, at);
    return sum / size;
  });
}

/** Of one pixel, as float32. */
const brightnessAt = (rgb: Uint8Array, at: number) =>
  Math.fround((0.299 * rgb[3 * at]! + 0.587 * rgb[3 * at + 1]! + 0.114 * rgb[3 * at + 2]!) / 255);
