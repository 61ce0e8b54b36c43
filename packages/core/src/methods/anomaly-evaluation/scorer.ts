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

/** A detector, as the evaluation sees it. Whoever makes it disposes. */
export interface AnomalyScorer {
  /** Pictures are brought to this width and height. */
  imageSizePx: number;
  /** Pictures that are scored together. */
  batchSize: number;
  /** `pixels` 8-bit RGB [N, imageSizePx, imageSizePx, 3], N at most batchSize. */
  score(pixels: Uint8Array<ArrayBuffer>, numImages: number): Promise<AnomalyScores>;
}

/** Brightness itself as the score: what a detector must beat, since some sets give their defects away by it. */
export function meanBrightness(imageSizePx: number): AnomalyScorer {
  return {
    imageSizePx,
    batchSize: 16,
    async score(pixels, numImages) {
      const size = imageSizePx * imageSizePx;
      const maps = new Float32Array(numImages * size);
      for (let at = 0; at < maps.length; at++) {
        maps[at] = (0.299 * pixels[3 * at]! + 0.587 * pixels[3 * at + 1]! + 0.114 * pixels[3 * at + 2]!) / 255;
      }
      const scores = Float32Array.from({ length: numImages }, (_, image) => {
        let sum = 0;
        for (let at = image * size; at < (image + 1) * size; at++) sum += maps[at]!;
        return sum / size;
      });
      return { maps, width: imageSizePx, height: imageSizePx, scores };
    },
  };
}
