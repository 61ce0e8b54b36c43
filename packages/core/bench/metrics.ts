// npm run bench -- metrics [--json]: pixel metrics of a whole test set on one core.
import { PixelRanker } from "../src/metrics/anomaly/pixel-ranker.ts";
import { pixelScoresOf } from "../src/metrics/anomaly/pixel-scores.ts";
import { aupro, auroc, pixelScores } from "../src/metrics/index.ts";
import { report } from "./figures/figure.ts";

const width = 1000;
const height = 1000;
const numImages = Number(process.env.BENCH_IMAGES ?? 100);

/** Smooth maps with blobs as masks on every other image: 1 megapixel each, about 2 % of the pixels anomalous. */
function makeImages(numImages: number) {
  const numPixels = numImages * width * height;
  const maps = new Float32Array(numPixels);
  const masks = new Uint8Array(numPixels);
  let state = 12345;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  for (let image = 0; image < numImages; image++) {
    const start = image * width * height;
    for (let at = start; at < start + width * height; at++) maps[at] = next() * next();
    if (image % 2 === 0) continue;
    for (let blob = 0; blob < 5; blob++) {
      const cx = 100 + next() * 800;
      const cy = 100 + next() * 800;
      const radius = 20 + next() * 60;
      for (let y = Math.floor(cy - radius); y <= cy + radius; y++) {
        for (let x = Math.floor(cx - radius); x <= cx + radius; x++) {
          if ((x - cx) ** 2 + (y - cy) ** 2 > radius ** 2) continue;
          const at = start + y * width + x;
          masks[at] = 255;
          maps[at]! += 0.3 * next();
        }
      }
    }
  }
  return { maps, masks, width, height };
}

/** Seconds of processor time, to the hundredth: what else the machine does has little part in it. */
function time(run: () => unknown): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return Math.round((user + system) / 1e4) / 100;
}

/** The definition as one writes it first: an object per pixel, sorted by score. Regions are given, so only ranking is compared. */
function aurocByObjects({ maps, masks }: { maps: Float32Array; masks: Uint8Array }): number {
  const pixels = Array.from(maps, (score, at) => ({ score, anomalous: masks[at] !== 0 }));
  pixels.sort((a, b) => b.score - a.score);
  let truePositives = 0;
  let falsePositives = 0;
  let area = 0;
  for (let first = 0; first < pixels.length; ) {
    const [lastTrue, lastFalse] = [truePositives, falsePositives];
    let end = first;
    for (; end < pixels.length && pixels[end]!.score === pixels[first]!.score; end++) {
      if (pixels[end]!.anomalous) truePositives++;
      else falsePositives++;
    }
    area += ((falsePositives - lastFalse) * (truePositives + lastTrue)) / 2;
    first = end;
  }
  return area / truePositives / falsePositives;
}

const numPeerImages = 4;
const few = makeImages(numPeerImages);
const fewLabels = few.masks.map((value) => (value === 0 ? 0 : 1));
auroc({ scores: few.maps, labels: fewLabels });
const own = time(() => auroc({ scores: few.maps, labels: fewLabels }));
const peer = time(() => aurocByObjects(few));
const peerFigure = {
  name: `metrics/AUROC of ${numPeerImages} megapixels, peer: sorted objects`,
  value: own,
  unit: "s",
  goal: peer / 20,
};
report({ ...peerFigure, peer, ratio: Math.round((peer / own) * 10) / 10 });

const images = makeImages(numImages);
const labels = images.masks.map((value) => (value === 0 ? 0 : 1));
const size = `${(numImages * width * height) / 1e6} megapixels`;
const wholeSet = { unit: "s", goal: 20 };
report({ name: `metrics/AU-PRO of ${size}`, value: time(() => aupro(images)), ...wholeSet });
report({ name: `metrics/AUROC of ${size}`, value: time(() => auroc({ scores: images.maps, labels })), ...wholeSet });
report({ name: `metrics/AUROC, AP, F1-max, AU-PRO of ${size}`, value: time(() => pixelScores(images)), ...wholeSet });

/** As an evaluation does it: image by image, so that no more than one map and the ranked pixels are in memory. */
function scoreImageByImage() {
  const ranker = new PixelRanker(images.maps.length);
  const imageSize = width * height;
  for (let start = 0; start < images.maps.length; start += imageSize) {
    const end = start + imageSize;
    ranker.add({ map: images.maps.subarray(start, end), mask: images.masks.subarray(start, end), width, height });
  }
  return pixelScoresOf(ranker.rank("bench"));
}
report({ name: `metrics/the same image by image, ${size}`, value: time(scoreImageByImage), ...wholeSet });
