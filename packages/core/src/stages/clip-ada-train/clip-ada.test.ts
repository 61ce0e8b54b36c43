import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { importOnnx, numbers } from "@retort/engine";
import { compile } from "@retort/engine/node";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { readClipAda } from "../../methods/clip-ada/model-file.ts";
import { clipAdaScorer } from "../../methods/clip-ada/scorer.ts";
import { readText } from "../../models/clip/text-file.ts";
import { readTower } from "../../models/clip/tower-file.ts";
import { clipAdaEvaluate } from "../clip-ada-evaluate/definition.ts";
import { runClipAdaEvaluate } from "../clip-ada-evaluate/run.ts";
import { clipPretrain } from "../clip-pretrain/definition.ts";
import { runClipPretrain } from "../clip-pretrain/run.ts";
import type { StageContext, StageDefinition } from "../stage.ts";
import { type TestContext, testContext } from "../testing-context.ts";
import { clipAdaTrain } from "./definition.ts";
import { runClipAdaTrain } from "./run.ts";

/** Training on a busy machine takes its time. */
const HOOK_MS = 300_000;
vi.setConfig({ testTimeout: HOOK_MS });

const data = {
  sources: [
    {
      kind: "industrial",
      categories: ["woven-fabric"],
      imageSizePx: 64,
      numTrainImages: 6,
      numTestGood: 2,
      numTestAnomalous: 2,
    },
  ],
};
const train = {
  data,
  window: { cropPx: 32 },
  training: { numSteps: 20, batchSize: 4, warmupSteps: 2 },
  detection: { sizePx: 64, refinement: { regionPx: 32, numRegions: 2 } },
  validation: { heldOutShare: 0.3, numImages: 4 },
  threads: 1,
};

const open: TestContext<never>[] = [];

async function ran<P>(
  definition: StageDefinition<P>,
  run: (context: StageContext<P>) => Promise<void>,
  given: { params: unknown; inputs?: Record<string, string>; seed?: number },
) {
  const made = testContext(definition, given);
  open.push(made as unknown as TestContext<never>);
  await run(made.context);
  return made;
}

const pathOf = (made: TestContext<never>, name: string) => made.artifacts.get(name)!.path;

let towers: TestContext<never>;
let trained: TestContext<never>;

beforeAll(async () => {
  const captions = [{ kind: "industrial", surfaces: ["granite", "bolt"], numImages: 2, imageSizePx: 32 }];
  const pretrain = { captions, size: "tiny", sizePx: 32, training: { numSteps: 10, batchSize: 4 }, threads: 1 };
  towers = (await ran(clipPretrain, runClipPretrain, { params: pretrain, seed: 3 })) as unknown as typeof towers;
  const inputs = { tower: pathOf(towers, "tower"), text: pathOf(towers, "text") };
  trained = (await ran(clipAdaTrain, runClipAdaTrain, { params: train, inputs, seed: 3 })) as unknown as typeof trained;
}, HOOK_MS);

afterAll(() => {
  for (const { remove } of open) remove();
});

describe("clip-pretrain", () => {
  it("leaves two towers of one space, statistics measured", () => {
    const tower = readTower(towers.artifacts.get("tower")!.bytes, "tower");
    const text = readText(towers.artifacts.get("text")!.bytes, "text");
    expect(text.config.embedDim).toBe(tower.config.embedDim);
    expect(numbers(tower.weights.get("stem.norm.mean")!).some((value) => value !== 0)).toBe(true);
    expect(towers.metrics.get("loss")).toHaveLength(10);
  });
});

describe("clip-ada-train", () => {
  it("lowers its loss", () => {
    const losses = trained.metrics.get("loss")!;
    const mean = (some: number[]) => some.reduce((sum, value) => sum + value, 0) / some.length;
    expect(mean(losses.slice(-5))).toBeLessThan(mean(losses.slice(0, 5)));
  });

  it("goes on from a checkpoint to the same bits", async () => {
    const inputs = { tower: pathOf(towers, "tower"), text: pathOf(towers, "text") };
    const params = {
      ...train,
      training: { ...train.training, checkpointEverySteps: 10 },
      // The choice draws nothing from training; here the weights count.
      validation: { ...train.validation, chooses: false },
    };
    const first = testContext(clipAdaTrain, { params, inputs, seed: 3 });
    open.push(first as unknown as TestContext<never>);
    let saved: { step: number; path: string } | null = null;
    const stop = new Error("stopped");
    first.context.saveCheckpoint = async (step, path) => {
      saved = { step, path };
      throw stop;
    };
    await expect(runClipAdaTrain(first.context)).rejects.toBe(stop);
    const second = testContext(clipAdaTrain, { params, inputs, seed: 3 });
    open.push(second as unknown as TestContext<never>);
    second.context.checkpoint = saved;
    await runClipAdaTrain(second.context);
    const [resumed, whole] = [second, trained].map((made) => readTower(made.artifacts.get("tower")!.bytes, "tower"));
    expect(resumed!.weights).toEqual(whole!.weights);
  });

  it("says which regime it is and how the model is to be applied", () => {
    const model = readClipAda(trained.artifacts.get("model")!.bytes, "model");
    expect(model.params.regime).toBe("small-tower-trained-here");
    expect(trained.logs.some(({ message }) => message.startsWith("synthetic validation"))).toBe(true);
    expect([...model.weights.keys()].some((name) => name.startsWith("text."))).toBe(false);
  });

  it("leaves the tower as it is in the frozen regime, and lets prompts and adapters learn", async () => {
    const inputs = { tower: pathOf(towers, "tower"), text: pathOf(towers, "text") };
    const params = {
      ...train,
      method: { regime: "frozen", adapter: "linear", prompt: { numPrompts: 2, numDeepTokens: 2, deepBlocks: 1 } },
    };
    const frozen = await ran(clipAdaTrain, runClipAdaTrain, { params, inputs, seed: 3 });
    const [before, after] = [towers, frozen].map((made) => readTower(made.artifacts.get("tower")!.bytes, "tower"));
    for (const [name, tensor] of before!.weights) expect(after!.weights.get(name)).toEqual(tensor);
    const model = readClipAda(frozen.artifacts.get("model")!.bytes, "model");
    expect(numbers(model.weights.get("adapter.4.weight")!).some((value) => value !== 0)).toBe(true);
  });
});

describe("clip-ada-evaluate", () => {
  it.each(["none", "all"])("scores every test picture, refined: %s", async (refinement) => {
    const inputs = { model: pathOf(trained, "model") };
    const { evaluations } = await ran(clipAdaEvaluate, runClipAdaEvaluate, { params: { data, refinement }, inputs });
    const last = evaluations.at(-1)!;
    expect(last.condition).toBe("full");
    expect(last.metrics.imageAuroc).toBeGreaterThanOrEqual(0);
    expect(evaluations.filter(({ condition }) => condition === "mean-brightness").length).toBeGreaterThan(0);
    expect(evaluations.flatMap(({ samples }) => samples)).toHaveLength(4);
  });

  it("scores what it does not refine as if nothing were refined, and looks again at what it refines alone", async () => {
    const model = readClipAda(trained.artifacts.get("model")!.bytes, "model");
    const pixels = Uint8Array.from({ length: 2 * 64 * 64 * 3 }, (_, at) => (at * 31) % 251);
    const scored = async (maxObjectShare: number) => {
      const refinement = { ...model.detection.refinement, maxObjectShare };
      const detection = { ...model.detection, smoothingPx: 0, refinement };
      const scorer = await clipAdaScorer(model, { detection, batchSize: 2, provider: "cpu", threads: 1 });
      const looked: [number, number][] = [];
      try {
        const { maps } = await scorer.score(pixels, 2, async (row, sizePx) => {
          looked.push([row, sizePx]);
          return new Uint8Array(sizePx * sizePx * 3).fill(90);
        });
        return { maps, looked };
      } finally {
        await scorer.dispose();
      }
    };
    // No thing stands out of noise: it covers all of its picture.
    const [none, some, all] = [await scored(0), await scored(0.9), await scored(1)];
    expect(some).toEqual({ maps: none.maps, looked: [] });
    const side = 64 * model.detection.refinement.zoom;
    expect(all.looked).toEqual([
      [0, side],
      [1, side],
    ]);
    expect(all.maps).not.toEqual(none.maps);
  });

  it("exports one file that gives the evaluation's own scores", async () => {
    const { bytes } = trained.artifacts.get("model")!;
    writeFileSync(join(trained.context.workDir, "copy.onnx"), bytes);
    const program = await compile(importOnnx(bytes));
    const { shape } = program.inputs.pixels!;
    const size = shape.reduce((product, dim) => product * dim, 1);
    const pixels = {
      dtype: "uint8",
      shape,
      data: Uint8Array.from({ length: size }, (_, at) => (at * 7) % 256),
    } as const;
    const { map, score } = await program.run({ pixels });
    await program.dispose();
    expect(map!.shape).toEqual([1, 64, 64]);
    expect(numbers(score!)).toHaveLength(1);
    expect(numbers(map!).every((value) => Number.isFinite(Number(value)))).toBe(true);
  });
});
