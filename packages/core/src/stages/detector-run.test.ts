import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { importOnnx, onnxInputs } from "@retort/engine";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { imageTowers } from "../models/clip/sizes.ts";
import { randomTower, writeTower } from "../models/clip/tower-file.ts";
import { type StageKind, stageDefinitions } from "./index.ts";
import { stageRuns } from "./runs.ts";
import type { StageDefinition, StageRun } from "./stage.ts";
import { testContext } from "./testing-context.ts";

let folder: string;
let tower: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "retort-detector-"));
  tower = join(folder, "tower.onnx");
  writeFileSync(tower, writeTower(randomTower(imageTowers.tiny, 1)));
});
afterAll(() => rmSync(folder, { recursive: true }));

const data = {
  sources: [
    {
      kind: "industrial",
      categories: ["printed-grid", "granite"],
      defects: ["stain"],
      imageSizePx: 32,
      numTrainImages: 4,
      numTestGood: 3,
      numTestAnomalous: 3,
    },
  ],
};
const features = { imageSizePx: 32 };
const detectors = {
  patchcore: { features, poolPatches: 100, memoryPatches: 20, projectionDim: 8 },
  padim: { features, numFeatures: 8 },
  "memory-bank": { features, maxPatches: 50 },
} as const;

async function run(kind: StageKind, params: Record<string, unknown>, inputs: Record<string, string> = {}) {
  const definition = stageDefinitions[kind] as StageDefinition;
  const test = testContext(definition, { params, inputs, seed: 5 });
  await ((await stageRuns[kind]()) as StageRun)(test.context);
  test.remove();
  return test;
}

describe.each(Object.entries(detectors))("the stage %s", (kind, detector) => {
  it("fits, evaluates every category and their mean, and leaves a model", async () => {
    const { evaluations, artifacts, logs } = await run(
      kind as StageKind,
      { data, detector, numSampleImages: 1 },
      { tower },
    );
    expect(evaluations.map(({ dataset, condition }) => `${dataset}, ${condition}`)).toEqual([
      "printed-grid, full",
      "printed-grid, mean-brightness",
      "granite, full",
      "granite, mean-brightness",
      "mean of 2 categories, mean-brightness",
      "mean of 2 categories, full",
    ]);
    const { metrics, samples } = evaluations[0]!;
    expect(Object.keys(metrics).sort()).toEqual(
      ["aupro", "imageAp", "imageAuroc", "imageF1Max", "pixelAp", "pixelAuroc", "pixelF1Max"].sort(),
    );
    expect(samples).toHaveLength(6);
    const model = artifacts.get("model")!.bytes;
    expect(onnxInputs(model)).toMatchObject([{ name: "image", dtype: "uint8" }]);
    expect([...importOnnx(model).outputs].map(([name, { shape }]) => [name, shape])).toEqual([
      ["map", [1, 32, 32]],
      ["score", [1]],
    ]);
    expect(logs.some(({ message }) => message.includes("Fitting to 8 good pictures (unified"))).toBe(true);
  });
});

describe("the setting", () => {
  it("gives the same again when unified, and something else with one model a category", async () => {
    const results = [];
    for (const setting of ["unified", "unified", "per-category"]) {
      const params = { data, detector: detectors["memory-bank"], setting, numSampleImages: 0 };
      const { evaluations } = await run("memory-bank", params, { tower });
      results.push(evaluations.map(({ samples }) => samples.map(({ detail }) => detail.anomalyScore)));
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).not.toEqual(results[0]);
  });
});

describe("the stage mean-brightness", () => {
  it("scores by brightness alone, as every evaluation's control does", async () => {
    const { evaluations } = await run("mean-brightness", { data, imageSizePx: 32, numSampleImages: 1 });
    const [own, control] = evaluations;
    expect(control!.metrics.imageAuroc).toBe(own!.metrics.imageAuroc);
    expect(own!.metrics.pixelAuroc).toBeGreaterThan(0);
  });
});
