// npm run bench -- metrics [--json]: pixel metrics of a whole test set on one core.
import { aupro, auroc, pixelScores } from "../src/metrics/index.ts";

const width = 1000;
const height = 1000;
const numImages = Number(process.env.BENCH_IMAGES ?? 100);

/** Smooth maps with blobs as masks on every other image: 1 megapixel each, about 2 % of the pixels anomalous. */
function makeImages() {
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

function report(name: string, seconds: number, goal: number): void {
  const figure = { name: `metrics/${name}`, value: Number(seconds.toFixed(2)), unit: "s", goal };
  if (process.argv.includes("--json")) console.log(JSON.stringify(figure));
  else console.log(`${figure.name.padEnd(44)} ${seconds.toFixed(2).padStart(8)} s   goal ${goal} s`);
}

function time(name: string, goal: number, run: () => unknown): void {
  const before = performance.now();
  run();
  report(name, (performance.now() - before) / 1000, goal);
}

const images = makeImages();
const labels = images.masks.map((value) => (value === 0 ? 0 : 1));
const megapixels = (numImages * width * height) / 1e6;
time(`AU-PRO of ${megapixels} megapixels`, 20, () => aupro(images));
time(`pixel AUROC of ${megapixels} megapixels`, 20, () => auroc({ scores: images.maps, labels }));
time(`AUROC, AP, F1-max, AU-PRO of ${megapixels} megapixels`, 20, () => pixelScores(images));
