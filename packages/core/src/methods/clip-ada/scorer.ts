// [node]
import type { AnomalyScorer } from "../anomaly-evaluation/scorer.ts";
import { Detector, type DetectorOptions } from "./detector.ts";
import type { ClipAdaModel } from "./model-file.ts";
import { normalImage } from "./normal-images.ts";

/** A detector as the evaluation takes it. Whoever creates it disposes. */
export interface ClipAdaScorer extends AnomalyScorer {
  /** Windows encoded besides the images as a whole, since the last call of this. */
  takeNumWindows(): number;
  dispose(): Promise<void>;
}

/** Pictures come at the detector's own size; those that are refined are decoded once more, as large as their regions need them. */
export async function clipAdaScorer(model: ClipAdaModel, options: DetectorOptions): Promise<ClipAdaScorer> {
  const { sizePx, refinement } = options.detection;
  const { channels } = model.image;
  const detector = await Detector.create(model, options);
  let numWindows = 0;
  return {
    imageSizePx: sizePx,
    batchSize: options.batchSize,
    async score(pixels, numImages, pictureAt) {
      const stride = sizePx * sizePx * 3;
      const rows = Array.from({ length: numImages }, (_, at) => pixels.subarray(at * stride, (at + 1) * stride));
      const images = rows.map((rgb) => normalImage(rgb, sizePx, channels, refinement.maxObjectShare > 0));
      const found = await detector.detect(images, async (at, sidePx) => {
        const rgb = await pictureAt(at, sidePx);
        return normalImage(rgb, sidePx, channels, false).pixels;
      });
      const size = sizePx * sizePx;
      const maps = new Float32Array(numImages * size);
      for (const [at, { map, numWindows: count }] of found.entries()) {
        maps.set(map, at * size);
        numWindows += count;
      }
      return { maps, width: sizePx, height: sizePx, scores: Float32Array.from(found, ({ score }) => score) };
    },
    takeNumWindows() {
      const taken = numWindows;
      numWindows = 0;
      return taken;
    },
    dispose: () => detector.dispose(),
  };
}
