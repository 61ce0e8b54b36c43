import { graph, nn, numbers, type Tensor } from "@retort/engine";
import { compile } from "@retort/engine/node";
import { inverse, Matrix } from "ml-matrix";
import { describe, expect, it } from "vitest";
import { DataError } from "../../base/errors.ts";
import { Rng } from "../../base/rng.ts";
import { decodeImages } from "../../data/images.ts";
import { imageTowers } from "../../models/clip/sizes.ts";
import { randomTower } from "../../models/clip/tower-file.ts";
import { detectorScorer } from "../patch-detection/detector.ts";
import { jointFeatures, layerFeatures } from "../patch-detection/patch-features.ts";
import { testPictures } from "../patch-detection/testing-set.ts";
import { inverseCholesky } from "./cholesky.ts";
import { fitPadim } from "./fit.ts";
import { Moments } from "./moments.ts";
import { padimParams } from "./params.ts";

const host = { signal: new AbortController().signal, progress: () => undefined };
const cpu = { provider: "cpu", threads: 1 } as const;
const tower = randomTower(imageTowers.tiny, 1);

function randomMatrix(rows: number, columns: number, seed: number): Matrix {
  const rng = Rng.fromSeed(seed);
  return new Matrix(Array.from({ length: rows }, () => Array.from({ length: columns }, () => 3 + rng.normal())));
}

describe("inverseCholesky", () => {
  it("whitens: |L⁻¹x|² = xᵀA⁻¹x", () => {
    const root = randomMatrix(6, 6, 1);
    const matrix = root.mmul(root.transpose()).add(Matrix.eye(6));
    const factor = new Matrix([...chunks(inverseCholesky(Float64Array.from(matrix.to1DArray()), 6), 6)]);
    const expected = inverse(matrix);
    const found = factor.transpose().mmul(factor);
    expect(Matrix.sub(found, expected).norm("frobenius")).toBeLessThan(1e-9);
    expect(() => inverseCholesky(Float64Array.of(1, 2, 2, 1), 2)).toThrow(DataError);
  });
});

function* chunks(values: Float64Array, size: number): Generator<number[]> {
  for (let at = 0; at < values.length; at += size) yield [...values.subarray(at, at + size)];
}

describe("Moments", () => {
  it("are mean and covariance, however the pictures are batched", () => {
    const samples = [1, 2].map((place) => randomMatrix(7, 3, place));
    const picture = (index: number) => samples.flatMap((matrix) => matrix.getRow(index));
    const moments = new Moments(2, 3);
    moments.add(Float32Array.from([0, 1, 2].flatMap(picture)));
    moments.add(Float32Array.from([3, 4, 5, 6].flatMap(picture)));
    samples.forEach((matrix, place) => {
      const { mean, covariance } = moments.at(place);
      const expected = matrix.mean("column");
      const centered = matrix.clone().subRowVector(expected);
      const product = centered.transpose().mmul(centered).div(6).to1DArray();
      mean.forEach((value, at) => {
        expect(value).toBeCloseTo(expected[at]!, 6);
      });
      covariance.forEach((value, at) => {
        expect(value).toBeCloseTo(product[at]!, 6);
      });
    });
  });
});

describe("fitPadim", () => {
  it("gives Mahalanobis distances, as the definition does", async () => {
    const images = await testPictures(6);
    const params = padimParams.parse({
      features: { imageSizePx: 32, layers: [16], smoothingPx: 0 },
      numFeatures: 64,
    });
    const detector = await fitPadim({ tower, params, images, category: null, rng: Rng.fromSeed(2), ...cpu }, host);
    const pixels = await decodeImages(
      images.map((image) => image.image()),
      { sizePx: 32 },
    );
    const scorer = detectorScorer(detector, cpu);
    const { scores } = await scorer.score(pixels, 6);
    await scorer.dispose();

    const g = graph("features");
    const image = g.input("image", { dtype: "uint8", shape: [6, 32, 32, 3] });
    const p = nn.scope(g, { weights: tower.weights, trainable: false });
    const layers = layerFeatures(p, image, tower.config, params.features);
    g.output("features", jointFeatures(layers, { neighbourhood: 1 }).values);
    const program = await compile(g, cpu);
    const { features } = await program.run({
      image: { dtype: "uint8", shape: [6, 32, 32, 3], data: pixels } as Tensor,
    });
    await program.dispose();
    const [, numPlaces, dim] = features!.shape as [number, number, number];
    const values = numbers(features!) as number[];
    const distances = Array.from({ length: numPlaces }, (_, place) => {
      const rows = new Matrix(
        Array.from({ length: 6 }, (_, row) =>
          values.slice((row * numPlaces + place) * dim, (row * numPlaces + place + 1) * dim),
        ),
      );
      const centered = rows.clone().subRowVector(rows.mean("column"));
      const covariance = centered
        .transpose()
        .mmul(centered)
        .div(5)
        .add(Matrix.eye(dim, dim, 0.01));
      return centered.mmul(inverse(covariance)).mmul(centered.transpose()).diagonal().map(Math.sqrt);
    });
    // The map is interpolated between the places, so its highest value lies among theirs.
    scores.forEach((score, row) => {
      const own = distances.map((distance) => distance[row]!);
      expect(score).toBeCloseTo(Math.max(...own), 2);
    });
  });
});
