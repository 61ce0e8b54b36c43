// npm run bench -- data [--json]: decoding, generating and prefetching. Files are made on the spot.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ImageSource } from "../src/data/dataset.ts";
import { decodeImages, encodePng } from "../src/data/images.ts";
import { loadDataset } from "../src/data/loaders.ts";
import { createPrefetcher } from "../src/data/prefetch.ts";
import { report } from "./figures/figure.ts";

async function seconds(run: () => unknown): Promise<number> {
  const before = performance.now();
  await run();
  return (performance.now() - before) / 1000;
}

const numImages = 1000;
const signal = new AbortController().signal;
const reference = { adapter: "scenes", params: { numTrainImages: numImages, numTestImages: 1 } };
const { train } = await loadDataset(reference, signal);
const generate = await seconds(() => loadDataset(reference, signal));
report({
  name: "data/scenes and questions drawn",
  value: Math.round(numImages / generate),
  unit: "images/s",
  goal: 2000,
});
const sources = train.imageIds.map(train.image);
const render = await seconds(() => train.imageIds.map(train.image));
report({ name: "data/scenes rendered, 64 px", value: Math.round(numImages / render), unit: "images/s", goal: 1000 });

const folder = mkdtempSync(join(tmpdir(), "retort-bench-"));
try {
  const files: ImageSource[] = [];
  for (const [index, source] of sources.entries()) {
    if (source.kind !== "rgb") throw new Error("scenes are pixels");
    const path = join(folder, `${index}.png`);
    writeFileSync(path, await encodePng(source.data, source.width, source.height));
    files.push({ kind: "file", path });
  }
  await decodeImages(files, { sizePx: 64 });
  const decode = await seconds(() => decodeImages(files, { sizePx: 64 }));
  report({
    name: "data/png files decoded, 64 px",
    value: Math.round(numImages / decode),
    unit: "images/s",
    goal: 1000,
  });
} finally {
  rmSync(folder, { recursive: true });
}

/** A step of the engine as the event loop sees it: nothing else runs meanwhile. */
function blockFor(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until) {}
}

const stepMs = 40;
const batchMs = 20;
const numSteps = 50;
const batches = createPrefetcher({
  module: new URL("../src/data/testing/counting-batches.ts", import.meta.url),
  options: { seed: 1, workMs: batchMs },
});
await batches.next();
const prefetched = await seconds(async () => {
  for (let step = 0; step < numSteps; step++) {
    await batches.next();
    blockFor(stepMs);
  }
});
await batches.close();
const perStep = Math.round((prefetched / numSteps) * 10_000) / 10;
const peer = stepMs + batchMs;
const ratio = Math.round((peer / perStep) * 100) / 100;
const name = `data/step of ${stepMs} ms with batches of ${batchMs} ms, peer: in turn`;
report({ name, value: perStep, unit: "ms", goal: 1.05 * stepMs, peer, ratio });
