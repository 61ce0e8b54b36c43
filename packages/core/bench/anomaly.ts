// npm run bench -- anomaly [--json]: what finding anomalies costs beside the network itself.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { nn, op } from "@retort/engine";
import sharp from "sharp";
import { Rng } from "../src/base/rng.ts";
import { anomalyDataParams } from "../src/data/anomaly/choice.ts";
import { drawIndustrial } from "../src/data/anomaly/industrial/draw.ts";
import { loadAnomalyData } from "../src/data/anomaly/loaders.ts";
import { decodeImages } from "../src/data/images.ts";
import { evaluateAnomalies } from "../src/methods/anomaly-evaluation/evaluate.ts";
import { detectorGraph, detectorScorer, highest } from "../src/methods/patch-detection/detector.ts";
import { finishedMap, layerFeatures } from "../src/methods/patch-detection/patch-features.ts";
import { imageTowers } from "../src/models/clip/sizes.ts";
import { randomTower } from "../src/models/clip/tower-file.ts";
import { median, report } from "./figures/figure.ts";

const SIZE_PX = 256;
const numImages = Number(process.env.BENCH_IMAGES ?? 64);
const ROUNDS = 3;
const BATCH_SIZE = 4;

const folder = mkdtempSync(join(tmpdir(), "retort-bench-"));
const signal = new AbortController().signal;

/** JPEGs on disk in MVTec layout, every other one with a defect: decoding is part of what is measured. */
async function writePictures(): Promise<void> {
  const put = async (path: string, data: Uint8Array, channels: 1 | 3) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    const image = sharp(data, { raw: { width: SIZE_PX, height: SIZE_PX, channels } });
    writeFileSync(join(folder, path), await (channels === 3 ? image.jpeg({ quality: 92 }) : image.png()).toBuffer());
  };
  for (let index = 0; index < numImages; index++) {
    const defect = index % 2 === 0 ? null : "stain";
    const drawn = drawIndustrial({
      surface: "perforated-metal",
      defect,
      sizePx: SIZE_PX,
      rng: Rng.fromSeed(index),
    });
    await put(`metal/test/${defect ?? "good"}/${index}.jpg`, drawn.rgb, 3);
    if (defect === null)
      await put(
        `metal/train/good/${index}.jpg`,
        drawn.rgb.map((value) => value ^ 1),
        3,
      );
    else
      await put(
        `metal/ground_truth/${defect}/${index}_mask.png`,
        drawn.mask.map((value) => 255 * value),
        1,
      );
  }
}

const tower = randomTower(imageTowers.small, 1);
const scorer = detectorScorer(
  {
    imageSizePx: SIZE_PX,
    batchSize: BATCH_SIZE,
    graph: (batchSize) =>
      detectorGraph({ name: "tower", imageSizePx: SIZE_PX, batchSize }, (image) => {
        const p = nn.scope(image.graph, { weights: tower.weights, trainable: false });
        const [features] = layerFeatures(p, image, tower.config, { layers: [4], projected: true });
        const { values, grid } = features!;
        const scores = op.reduceSumSquare(values, { axes: [2] });
        const map = finishedMap(scores, grid, { imageSizePx: SIZE_PX, layers: [4], projected: true, smoothingPx: 0 });
        return { map, score: highest(map) };
      }),
  },
  { provider: "cpu", threads: 1 },
);

await writePictures();
const data = await loadAnomalyData(
  anomalyDataParams.parse({ sources: [{ kind: "mvtec-layout", root: folder }] }),
  signal,
);
const images = data.categories.flatMap(({ test }) => test);
const stride = SIZE_PX * SIZE_PX * 3;
const pixels = await decodeImages(
  images.map((image) => image.image()),
  { sizePx: SIZE_PX },
);

interface Spent {
  /** Seconds by the clock, and of processor time in all threads. */
  wall: number;
  processor: number;
}

async function spent(run: () => Promise<void>): Promise<Spent> {
  const [wall, processor] = [performance.now(), process.cpuUsage()];
  await run();
  const { user, system } = process.cpuUsage(processor);
  return { wall: (performance.now() - wall) / 1e3, processor: (user + system) / 1e6 };
}

/** The network alone, pictures being in memory. */
async function forwardAlone(): Promise<void> {
  for (let first = 0; first < images.length; first += BATCH_SIZE) {
    const count = Math.min(BATCH_SIZE, images.length - first);
    await scorer.score(pixels.slice(first * stride, (first + count) * stride), count);
  }
}

/** A whole evaluation: decoding, network, maps at the pictures' size, all metrics. */
async function evaluation(): Promise<void> {
  const host = { signal, progress: () => undefined, log: () => undefined, evaluation: async () => undefined };
  await evaluateAnomalies({ data, scorerOf: async () => scorer, numSampleImages: 0 }, host);
}

const alone: Spent[] = [];
const whole: Spent[] = [];
// Once each beforehand, so that neither is timed while its code is compiled.
await forwardAlone();
await evaluation();
for (let round = 0; round < ROUNDS; round++) {
  alone.push(await spent(forwardAlone));
  whole.push(await spent(evaluation));
}
await scorer.dispose();
rmSync(folder, { recursive: true });

const tenths = (value: number) => Math.round(value * 10) / 10;
for (const [clock, name, unit] of [
  ["wall", "evaluated", "images/s"],
  ["processor", "evaluated, by processor time", "images/s of one core"],
] as const) {
  const rate = (runs: readonly Spent[]) => images.length / median(runs.map((run) => run[clock]));
  const [own, peer] = [rate(whole), rate(alone)];
  report({
    name: `anomaly/images of ${SIZE_PX} px ${name}, peer: the network alone`,
    value: tenths(own),
    unit,
    goal: tenths(0.8 * peer),
    peer: tenths(peer),
    ratio: Math.round((own / peer) * 100) / 100,
  });
}
