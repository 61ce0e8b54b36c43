import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { Rng } from "../../base/rng.ts";
import type { AnomalyData, AnomalyTestImage } from "../../data/anomaly/anomaly-data.ts";
import { auroc } from "../../metrics/anomaly/auroc.ts";
import { pixelScores } from "../../metrics/anomaly/pixel-scores.ts";
import { type CategoryEvaluation, evaluateAnomalies } from "./evaluate.ts";
import { placements } from "./placements.ts";
import { resizeMap } from "./resize-map.ts";
import type { WholePictureScorer } from "./scorer.ts";
import { shownPlaces } from "./shown.ts";

const SIZE = 8;

function picture(index: number, defect: string): AnomalyTestImage {
  const data = new Uint8Array(SIZE * SIZE * 3).fill(10 + index);
  const mask = new Uint8Array(SIZE * SIZE * 3);
  if (defect !== "good") mask.fill(255, 3 * (SIZE * index), 3 * (SIZE * index + 3));
  const rgb = (bytes: Uint8Array) => ({ kind: "rgb", width: SIZE, height: SIZE, data: bytes }) as const;
  return {
    imageId: `plate/test/${defect}/${index}`,
    category: "plate",
    caption: "",
    defect,
    width: SIZE,
    height: SIZE,
    image: () => rgb(data),
    mask: () => (defect === "good" ? null : rgb(mask)),
  };
}

const test = [picture(0, "good"), picture(1, "crack"), picture(2, "good"), picture(3, "dent"), picture(4, "crack")];
const data: AnomalyData = { categories: [{ name: "plate", train: [], test }], skipped: [] };

/** Random maps that follow the brightness of the picture, so that batches do not matter. */
const random: WholePictureScorer = {
  imageSizePx: SIZE,
  batchSize: 2,
  async score(pixels, numImages) {
    const maps = new Float32Array(numImages * 16);
    const scores = new Float32Array(numImages);
    for (let image = 0; image < numImages; image++) {
      const rng = Rng.fromSeed(pixels[image * SIZE * SIZE * 3]!);
      for (let at = 0; at < 16; at++) maps[image * 16 + at] = 100 * rng.normal();
      scores[image] = -5 * rng.uniform();
    }
    return { maps, width: 4, height: 4, scores };
  },
};

async function evaluate(numSampleImages = 2): Promise<CategoryEvaluation[]> {
  const results: CategoryEvaluation[] = [];
  await evaluateAnomalies(
    { data, scorerOf: async () => random, numSampleImages },
    {
      signal: new AbortController().signal,
      progress: () => undefined,
      log: () => undefined,
      evaluation: async (result) => void results.push(result),
    },
  );
  return results;
}

describe("evaluateAnomalies", () => {
  it("gives what the metrics give on maps brought to the pictures' size", async () => {
    const results = await evaluate();
    expect(results.map(({ dataset, condition }) => [dataset, condition])).toEqual([
      ["plate", "full"],
      ["plate", "mean-brightness"],
      ["mean of 1 category", "mean-brightness"],
      ["mean of 1 category", "full"],
    ]);
    const maps = new Float32Array(5 * SIZE * SIZE);
    const masks = new Uint8Array(maps.length);
    const scores: number[] = [];
    for (const [index, image] of test.entries()) {
      const { data } = image.image() as { data: Uint8Array<ArrayBuffer> };
      const { maps: own, scores: ownScores } = await random.score(data, 1);
      const size = { width: SIZE, height: SIZE };
      maps.set(resizeMap(own, { width: 4, height: 4 }, size), index * SIZE * SIZE);
      const mask = image.mask() as { data: Uint8Array } | null;
      mask?.data.forEach((value, at) => {
        if (value !== 0) masks[index * SIZE * SIZE + Math.floor(at / 3)] = 1;
      });
      scores.push(ownScores[0]!);
    }
    const expected = pixelScores({ maps, masks, width: SIZE, height: SIZE });
    const { metrics, samples } = results[0]!;
    expect(metrics).toMatchObject({
      imageAuroc: auroc({ scores, labels: [0, 1, 0, 1, 1] }),
      pixelAuroc: expected.auroc,
      pixelAp: expected.averagePrecision,
      pixelF1Max: expected.f1Max,
      aupro: expected.aupro,
    });
    expect(results[3]!.metrics).toEqual(metrics);
    expect(samples.map(({ detail }) => [detail.defect, detail.anomalyScore])).toEqual(
      test.map(({ defect }, index) => [defect, scores[index]]),
    );
    // The pictures get brighter: 0 < 1, 3, 4 and 2 < 3, 4, but 2 > 1.
    expect(results[1]!.metrics.imageAuroc).toBeCloseTo(5 / 6, 12);
  });

  it("keeps pictures with heat map and outline", async () => {
    const [{ samples }] = (await evaluate()) as [CategoryEvaluation];
    expect(samples.map(({ imagePng }) => imagePng !== undefined)).toEqual([true, true, false, false, false]);
    const { data, info } = await sharp(samples[1]!.imagePng!).raw().toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 2 * 192 + 3, height: 192, channels: 3 });
    // The mask is the first three pixels of row 1: the outline runs above it, at the end of row 0.
    const at = (x: number, y: number) => [...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3)];
    expect(at(30, 23)).toEqual([64, 224, 255]);
    expect(at(30, 26)).toEqual([11, 11, 11]);
  });
});

describe("the pictures that are kept", () => {
  it("show every kind of defect where there is room for one of each", async () => {
    const kept = async (count: number) => {
      const [{ samples }] = (await evaluate(count)) as [CategoryEvaluation];
      return samples.flatMap(({ imagePng, detail }) => (imagePng === undefined ? [] : [detail.defect]));
    };
    expect(await kept(0)).toEqual([]);
    expect((await kept(3)).sort()).toEqual(["crack", "dent", "good"]);
    expect(await kept(9)).toEqual(test.map(({ defect }) => defect));
  });

  it("are spread over each kind, and as many of each as it has", () => {
    const classes = [...Array<string>(6).fill("good"), ...Array<string>(3).fill("crack"), "dent"];
    expect(shownPlaces(classes, 1)).toEqual([0]);
    expect(shownPlaces(classes, 5)).toEqual([0, 3, 6, 7, 9]);
    expect(shownPlaces(classes, 9)).toHaveLength(9);
    expect(new Set(shownPlaces(classes, 9)).size).toBe(9);
    expect(shownPlaces(classes, 10)).toEqual([...classes.keys()]);
  });
});

describe("placements", () => {
  it("have the AUROC as their mean over either class and over all", () => {
    const rng = Rng.fromSeed(3);
    const scores = Array.from({ length: 40 }, () => rng.integer(9));
    const labels = scores.map(() => rng.integer(3) === 0);
    const places = placements(scores, labels);
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const expected = auroc({ scores, labels });
    expect(mean(places)).toBeCloseTo(expected, 12);
    for (const label of [true, false]) {
      expect(mean(places.filter((_, at) => labels[at] === label))).toBeCloseTo(expected, 12);
    }
  });
});

describe("resizeMap", () => {
  it("interpolates between pixel centres and repeats the border", () => {
    // Centres of four at 0.25, 0.75, 1.25, 1.75 of two: beyond the first and last centre the border goes on.
    expect([...resizeMap(Float32Array.of(0, 4), { width: 2, height: 1 }, { width: 4, height: 1 })]).toEqual([
      0, 1, 3, 4,
    ]);
    expect([...resizeMap(Float32Array.of(0, 4), { width: 1, height: 2 }, { width: 1, height: 4 })]).toEqual([
      0, 1, 3, 4,
    ]);
    expect([...resizeMap(Float32Array.of(1, 2, 3), { width: 3, height: 1 }, { width: 3, height: 1 })]).toEqual([
      1, 2, 3,
    ]);
  });
});
