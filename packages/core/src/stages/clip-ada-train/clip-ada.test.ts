import { importOnnx, numbers } from "@retort/engine";
import { compile } from "@retort/engine/node";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { decodeImages } from "../../data/images.ts";
import { type ClipAdaModel, readClipAda, writeClipAda } from "../../methods/clip-ada/model-file.ts";
import { clipAdaScorer } from "../../methods/clip-ada/scorer.ts";
import { openDetectionModel } from "../../methods/detection/detection-model.ts";
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

  it("goes on from a checkpoint to the same bits, and says what its file leaves out", async () => {
    const inputs = { tower: pathOf(towers, "tower"), text: pathOf(towers, "text") };
    const params = {
      ...train,
      training: { ...train.training, checkpointEverySteps: 10 },
      // Neither the choice nor how the model is applied draws anything from training; here the weights count.
      validation: { ...train.validation, chooses: false },
      detection: { ...train.detection, refinement: { ...train.detection.refinement, maxObjectShare: 1 } },
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
    // Whoever runs the file elsewhere is told that its graph has no regions.
    const warnings = second.logs.filter(({ level }) => level === "warn");
    expect(warnings).toEqual([expect.objectContaining({ message: expect.stringContaining("object share 1.") })]);
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
    const model = applied({ windowPx: 0, refinement: { maxObjectShare: 0 } });
    expect(model.detection.smoothingPx).toBeGreaterThan(0);
    const program = await compile(importOnnx(writeClipAda(model)));
    const { channels } = model.image;
    // Grey, so that one channel and three hold the same picture.
    const grey = Uint8Array.from({ length: 64 * 64 }, (_, at) => (at * 7) % 256);
    const data = Uint8Array.from({ length: grey.length * channels }, (_, at) => grey[Math.floor(at / channels)]!);
    const { map, score } = await program.run({ pixels: { dtype: "uint8", shape: [1, 64, 64, channels], data } });
    await program.dispose();
    const rgb = Uint8Array.from({ length: grey.length * 3 }, (_, at) => grey[Math.floor(at / 3)]!);
    const scored = await scoredBy(model, rgb);
    expect(map!.shape).toEqual([1, 64, 64]);
    expectClose(numbers(map!), scored.maps);
    expectClose(numbers(score!), scored.scores);
  });

  it.each([
    ["regions", { windowPx: 0, refinement: { maxObjectShare: 1 } }],
    ["windows", { windowPx: 32, refinement: { maxObjectShare: 0 } }],
  ])("is opened for detection with its %s, as the evaluation applies it", async (_, detection) => {
    const model = applied(detection);
    const settings = { where: "model", provider: "cpu", threads: 1 } as const;
    const opened = await openDetectionModel(writeClipAda(model), settings);
    const data = noise(64);
    const found = await opened.detect({ kind: "rgb", width: 64, height: 64, data });
    await opened.dispose();
    const scored = await scoredBy(model, data);
    expect(found.map).toEqual(scored.maps);
    expect(found.score).toBe(scored.scores[0]);
    expect(found.peak.value).toBe(Math.max(...scored.maps));
    // The graph alone gives other maps, which is why it is not asked.
    const plain = await scoredBy(applied({ windowPx: 0, refinement: { maxObjectShare: 0 } }), data);
    expect(found.map).not.toEqual(plain.maps);
  });
});

/** The trained model, applied otherwise. */
function applied({ windowPx, refinement }: { windowPx: number; refinement: { maxObjectShare: number } }): ClipAdaModel {
  const model = readClipAda(trained.artifacts.get("model")!.bytes, "model");
  const { detection } = model;
  return {
    ...model,
    detection: { ...detection, smoothingPx: 2, windowPx, refinement: { ...detection.refinement, ...refinement } },
  };
}

/** Map and score of one picture, RGB [64, 64, 3], by the evaluation's own scorer. */
async function scoredBy(model: ClipAdaModel, data: Uint8Array<ArrayBuffer>) {
  const scorer = await clipAdaScorer(model, {
    detection: model.detection,
    batchSize: 1,
    provider: "cpu",
    threads: 1,
  });
  const source = { kind: "rgb", width: 64, height: 64, data } as const;
  try {
    return await scorer.score(data, 1, (_, sizePx) => decodeImages([source], { sizePx }));
  } finally {
    await scorer.dispose();
  }
}

const noise = (sizePx: number) => Uint8Array.from({ length: sizePx * sizePx * 3 }, (_, at) => (at * 31) % 251);

function expectClose(got: readonly number[], wanted: Float32Array): void {
  expect(got).toHaveLength(wanted.length);
  const furthest = got.reduce((most, value, at) => Math.max(most, Math.abs(value - wanted[at]!)), 0);
  expect(furthest).toBeLessThan(1e-3);
}
