import { graph, nn, numbers } from "@retort/engine";
import { compile } from "@retort/engine/node";
import { describe, expect, it } from "vitest";
import { Rng } from "../../base/rng.ts";
import { decodeImages } from "../../data/images.ts";
import { WordTokenizer } from "../../data/tokenizers/word.ts";
import { imageTower } from "../../models/clip/image-tower.ts";
import { imageTowers } from "../../models/clip/sizes.ts";
import { randomText } from "../../models/clip/text-file.ts";
import { randomTower } from "../../models/clip/tower-file.ts";
import { detectorScorer } from "../patch-detection/detector.ts";
import { testPictures } from "../patch-detection/testing-set.ts";
import { zeroShotDetector } from "./fit.ts";
import { zeroShotParams } from "./params.ts";
import { prompts } from "./prompts.ts";
import { meanDirection } from "./text-embeddings.ts";

const cpu = { provider: "cpu", threads: 1 } as const;
const tower = randomTower(imageTowers.tiny, 1);
const tokenizer = WordTokenizer.fromTexts(["a photo of a damaged flawless printed grid object"]);
const text = randomText(
  {
    vocabularySize: tokenizer.vocabularySize,
    numPositions: 20,
    dim: 16,
    layers: 2,
    heads: 2,
    hidden: 32,
    activation: "gelu",
    embedDim: 32,
  },
  tokenizer,
  3,
);

describe("prompts", () => {
  it("are every state in every sentence", () => {
    expect(prompts("cup", ["{}", "broken {}"], ["a photo of a {}", "one {}"])).toEqual([
      "a photo of a cup",
      "a photo of a broken cup",
      "one cup",
      "one broken cup",
    ]);
  });
});

describe("meanDirection", () => {
  it("does not depend on what a text is padded with", async () => {
    const [short, long] = ["a photo", "a photo of a damaged printed grid"];
    const [alone, other] = await Promise.all([short, long].map((one) => meanDirection(text, [one], cpu)));
    const together = numbers(await meanDirection(text, [short, long], cpu));
    const sum = numbers(alone!).map((value, at) => Number(value) + Number(numbers(other!)[at]));
    const norm = Math.hypot(...sum);
    together.forEach((value, at) => {
      expect(Number(value)).toBeCloseTo(sum[at]! / norm, 5);
    });
  });
});

describe("zeroShotDetector", () => {
  it("is the softmax over cosines with both prompts, and says another thing of a named category", async () => {
    const images = await testPictures(2);
    const params = zeroShotParams.parse({
      features: { imageSizePx: 32, layers: [16], smoothingPx: 0 },
      normalStates: ["flawless {}"],
      abnormalStates: ["damaged {}"],
      templates: ["a photo of a {}"],
      temperature: 0.5,
    });
    const pixels = await decodeImages(
      images.map((image) => image.image()),
      { sizePx: 32 },
    );
    const options = { tower, text, params, images: [], rng: Rng.fromSeed(0), ...cpu };
    const scores = [];
    for (const category of [null, "printed-grid"]) {
      const scorer = detectorScorer(await zeroShotDetector({ ...options, category }), cpu);
      scores.push(await scorer.score(pixels, 2));
      await scorer.dispose();
    }
    expect(scores[0]!.scores).not.toEqual(scores[1]!.scores);

    const g = graph("embedding");
    const image = g.input("image", { dtype: "uint8", shape: [2, 32, 32, 3] });
    const p = nn.scope(g, { weights: tower.weights, trainable: false });
    g.output("embedding", imageTower(p, image, tower.config).embedding);
    const program = await compile(g, cpu);
    const { embedding } = await program.run({ image: { dtype: "uint8", shape: [2, 32, 32, 3], data: pixels } });
    await program.dispose();
    const [good, bad] = await Promise.all(
      ["a photo of a flawless object", "a photo of a damaged object"].map(async (one) =>
        numbers(await meanDirection(text, [one], cpu)).map(Number),
      ),
    );
    const values = numbers(embedding!).map(Number);
    for (const row of [0, 1]) {
      const vector = values.slice(row * 32, row * 32 + 32);
      const cosine = (other: number[]) =>
        vector.reduce((sum, value, at) => sum + value * other[at]!, 0) / Math.hypot(...vector);
      const [a, n] = [Math.exp(cosine(bad!) / 0.5), Math.exp(cosine(good!) / 0.5)];
      expect(scores[0]!.scores[row]).toBeCloseTo(a / (a + n), 5);
    }
  });
});
