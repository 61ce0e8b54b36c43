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

/** Pictures come as large as a refined region needs them; the coarse map is made of means of zoom x zoom blocks. */
export async function clipAdaScorer(model: ClipAdaModel, options: DetectorOptions): Promise<ClipAdaScorer> {
  const { sizePx, refinement } = options.detection;
  const { channels } = model.image;
  const zoom = refinement.maxObjectShare > 0 ? refinement.zoom : 1;
  const imageSizePx = sizePx * zoom;
  const detector = await Detector.create(model, options);
  let numWindows = 0;
  return {
    imageSizePx,
    batchSize: options.batchSize,
    async score(pixels, numImages) {
      const stride = imageSizePx * imageSizePx * 3;
      const rows = Array.from({ length: numImages }, (_, at) => pixels.subarray(at * stride, (at + 1) * stride));
      const images = rows.map((rgb) => normalImage(blockMeans(rgb, imageSizePx, zoom), sizePx, channels, zoom > 1));
      const found = await detector.detect(images, (at) => normalImage(rows[at]!, imageSizePx, channels, false).pixels);
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

/** RGB [side, side, 3] made smaller by a whole factor. */
function blockMeans(rgb: Uint8Array, side: number, zoom: number): Uint8Array {
  if (zoom === 1) return rgb;
  const small = side / zoom;
  const sums = new Uint32Array(small * small * 3);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const from = (y * side + x) * 3;
      const to = (Math.floor(y / zoom) * small + Math.floor(x / zoom)) * 3;
      for (let c = 0; c < 3; c++) sums[to + c]! += rgb[from + c]!;
    }
  }
  return Uint8Array.from(sums, (sum) => Math.round(sum / zoom ** 2));
}
