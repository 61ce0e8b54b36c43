import { graph, nn, numbers } from "@retort/engine";
import { compile } from "@retort/engine/node";
import { describe, expect, it } from "vitest";
import { Rng } from "../../base/rng.ts";
import { decodeImages } from "../../data/images.ts";
import { imageTowers } from "../../models/clip/sizes.ts";
import { randomTower } from "../../models/clip/tower-file.ts";
import { detectorScorer } from "../patch-detection/detector.ts";
import { jointFeatures, layerFeatures } from "../patch-detection/patch-features.ts";
import { testPictures } from "../patch-detection/testing-set.ts";
import { samplePatches } from "../patch-detection/train-features.ts";
import { greedyCoreset } from "./coreset.ts";
import { fitPatchcore } from "./fit.ts";
import { nearestScores } from "./nearest-score.ts";
import { patchcoreParams } from "./params.ts";

const signal = new AbortController().signal;
const host = { signal, progress: () => undefined };
const cpu = { provider: "cpu", threads: 1 } as const;
const tower = randomTower(imageTowers.tiny, 1);

function randomRows(numRows: number, dim: number, seed: number) {
  const rng = Rng.fromSeed(seed);
  return { numRows, dim, data: Float32Array.from({ length: numRows * dim }, () => rng.normal()) };
}

const distance = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.sqrt(Array.from(a, (value, at) => (value - b[at]!) ** 2).reduce((sum, square) => sum + square, 0));

describe("greedyCoreset", () => {
  it("chooses what brute force chooses, each row once", async () => {
    const rows = randomRows(60, 5, 3);
    const at = (row: number) => rows.data.subarray(row * 5, row * 5 + 5);
    const chosen = await greedyCoreset(rows, { count: 20, projectionDim: 0, rng: Rng.fromSeed(1), ...cpu, signal });
    const expected = [chosen[0]!];
    while (expected.length < 20) {
      const nearest = Array.from({ length: 60 }, (_, row) =>
        Math.min(...expected.map((c) => distance(at(row), at(c)))),
      );
      expected.push(nearest.indexOf(Math.max(...nearest)));
    }
    expect([...chosen]).toEqual(expected);
  });

  it("follows the seed, takes all rows where it may, and each of several copies once", async () => {
    const rows = { ...randomRows(12, 3, 4) };
    rows.data.copyWithin(3, 0, 3);
    const choose = (seed: number, count: number) =>
      greedyCoreset(rows, { count, projectionDim: 2, rng: Rng.fromSeed(seed), ...cpu, signal });
    expect(await choose(7, 5)).toEqual(await choose(7, 5));
    expect([...(await choose(7, 100))].sort((a, b) => a - b)).toEqual([...Array(12).keys()]);
  });
});

describe("nearestScores", () => {
  it("are the paper's, by brute force", async () => {
    const [features, memory] = [randomRows(2 * 7, 4, 5), randomRows(9, 4, 6)];
    const row = (m: typeof features, at: number) => m.data.subarray(at * 4, at * 4 + 4);
    const byDistance = (from: ArrayLike<number>) =>
      [...Array(9).keys()].sort((a, b) => distance(from, row(memory, a)) - distance(from, row(memory, b)));
    const neighbours = BigInt64Array.from(
      [...Array(9).keys()].flatMap((m) => byDistance(row(memory, m)).slice(0, 3).map(BigInt)),
    );
    const g = graph("test");
    const x = g.input("x", { dtype: "float32", shape: [2, 7, 4] });
    const { patches, images } = nearestScores(x, {
      rows: g.constant({ dtype: "float32", shape: [9, 4], data: memory.data }),
      neighbours: g.constant({ dtype: "int64", shape: [9, 3], data: neighbours }),
    });
    g.output("patches", patches);
    g.output("images", images);
    const program = await compile(g, cpu);
    const out = await program.run({ x: { dtype: "float32", shape: [2, 7, 4], data: features.data } });
    await program.dispose();

    const expected = Array.from({ length: 14 }, (_, at) =>
      distance(row(features, at), row(memory, byDistance(row(features, at))[0]!)),
    );
    numbers(out.patches!).forEach((value, at) => {
      expect(value).toBeCloseTo(expected[at]!, 4);
    });
    for (const image of [0, 1]) {
      const own = expected.slice(image * 7, image * 7 + 7);
      const patch = row(features, image * 7 + own.indexOf(Math.max(...own)));
      const nearest = byDistance(patch)[0]!;
      const around = byDistance(row(memory, nearest)).slice(0, 3);
      const total = around.reduce((sum, m) => sum + Math.exp(distance(patch, row(memory, m))), 0);
      const weight = 1 - Math.exp(Math.max(...own)) / total;
      expect(numbers(out.images!)[image]).toBeCloseTo(weight * Math.max(...own), 4);
    }
  });
});

describe("samplePatches", () => {
  const source = async (numImages: number) => ({
    images: await testPictures(numImages),
    imageSizePx: 32,
    batchSize: 2,
    ...cpu,
    graph: (batchSize: number) => {
      const g = graph("features");
      const image = g.input("image", { dtype: "uint8", shape: [batchSize, 32, 32, 3] });
      const p = nn.scope(g, { weights: tower.weights, trainable: false });
      const layers = layerFeatures(p, image, tower.config, { layers: [8, 16], projected: false });
      g.output("features", jointFeatures(layers, { neighbourhood: 3 }).values);
      return g;
    },
  });

  it("gives all patches in order, or a part of them without repetition", async () => {
    const given = await source(5);
    const all = (await samplePatches(given, { maxPatches: 1e6, rng: Rng.fromSeed(0) }, host)).features!;
    expect([all.numRows, all.dim]).toEqual([5 * 16, 16 + 32]);
    const some = (await samplePatches(given, { maxPatches: 30, rng: Rng.fromSeed(0) }, host)).features!;
    expect(some.numRows).toBe(30);
    const texts = (rows: typeof all) =>
      Array.from({ length: rows.numRows }, (_, row) => rows.data.slice(row * rows.dim, (row + 1) * rows.dim).join());
    const known = texts(all);
    const places = texts(some).map((text) => known.indexOf(text));
    expect(places).toEqual([...new Set(places)].sort((a, b) => a - b));
    expect(places[0]).toBeGreaterThanOrEqual(0);
  });
});

describe("fitPatchcore", () => {
  it("finds nothing in pictures that it remembers whole, and something in others", async () => {
    const images = await testPictures(4);
    const params = patchcoreParams.parse({ features: { imageSizePx: 32, smoothingPx: 1 }, neighbours: 1 });
    const detector = await fitPatchcore(
      { tower, params, images: images.slice(0, 3), category: null, rng: Rng.fromSeed(2), ...cpu },
      host,
    );
    const scorer = detectorScorer(detector, cpu);
    const pixels = await decodeImages(
      images.map((image) => image.image()),
      { sizePx: 32 },
    );
    const { maps, width, height, scores } = await scorer.score(pixels.slice(0, 2 * 32 * 32 * 3), 2);
    expect([width, height, maps.length]).toEqual([32, 32, 2 * 32 * 32]);
    const unseen = (await scorer.score(pixels.slice(3 * 32 * 32 * 3), 1)).scores[0]!;
    await scorer.dispose();
    expect(Math.max(...scores)).toBeLessThan(unseen / 20);
  });
});
