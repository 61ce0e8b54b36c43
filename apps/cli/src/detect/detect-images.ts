import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DataError } from "@retort/core";
import { heatPng, type KeptMap, keepMap, openDetectionModel, rangeOf } from "@retort/core/node";
import { knownProviders, type Provider } from "@retort/engine/node";
import { usageError } from "../cli-error.ts";
import { csv } from "../output/csv.ts";
import { makeEmptyDir } from "../output/empty-dir.ts";
import { hint } from "../output/print.ts";
import type { ImageFile } from "./image-files.ts";

export interface DetectOptions {
  model: { bytes: Uint8Array; where: string };
  images: readonly ImageFile[];
  outDir: string;
  provider: string;
  threads: number;
  onProgress(done: number, total: number): void;
}

interface Found {
  image: ImageFile;
  kept: KeptMap;
}

const HEADER = "file,score,peak_x,peak_y,peak_value,width,height,heat_map,error";

/**
 * Scores the pictures, highest first in `scores.csv`, and draws `heat/<name>.png` for each. Pictures that cannot be decoded are named
 * on stderr and stand in the table with their error; the others go on.
 * @returns how many were bad
 */
export async function detectImages(options: DetectOptions): Promise<{ numBad: number; csvPath: string }> {
  const { model, images, outDir, provider, threads, onProgress } = options;
  await makeEmptyDir(outDir);
  const detector = await openDetectionModel(model.bytes, { where: model.where, provider: known(provider), threads });
  const found: Found[] = [];
  const rows: { score: number; line: string }[] = [];
  let numBad = 0;
  try {
    for (const [index, image] of images.entries()) {
      try {
        const detection = await detector.detect({ kind: "file", path: image.path });
        const { score, peak, imageSize } = detection;
        found.push({ image, kept: keepMap(detection) });
        const values = [score, peak.x, peak.y, peak.value, imageSize.width, imageSize.height].join(",");
        rows.push({ score, line: `${csv(image.name)},${values},${csv(heatName(image))},` });
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        numBad++;
        hint(`error: ${error.message}`);
        rows.push({ score: Number.NEGATIVE_INFINITY, line: `${csv(image.name)},,,,,,,,${csv(error.code)}` });
      }
      onProgress(index + 1, images.length);
    }
  } finally {
    await detector.dispose();
  }
  const range = rangeOf(found.map(({ kept }) => kept));
  for (const { image, kept } of found) {
    const path = join(outDir, heatName(image));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, await heatPng({ kind: "file", path: image.path }, kept, range));
  }
  rows.sort((a, b) => b.score - a.score);
  const csvPath = join(outDir, "scores.csv");
  await writeFile(csvPath, `${[HEADER, ...rows.map(({ line }) => line)].join("\n")}\n`);
  return { numBad, csvPath };
}

const heatName = ({ name }: ImageFile) => join("heat", `${name}.png`);

function known(provider: string): Provider {
  const found = knownProviders.find((name) => name === provider);
  if (found === undefined) throw usageError(`--provider ${provider}: expected one of ${knownProviders.join(", ")}`);
  return found;
}
