import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { importOnnx, numbers } from "@retort/engine";
import { compile } from "@retort/engine/node";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { decodeImages } from "../../data/images.ts";
import type { DetectionParams } from "../../methods/clip-ada/detection.ts";
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
      validation: { ...train.validation, triesLevels: true },
      method: { regime: "frozen", adapter: "linear", prompt: { numPrompts: 2, numDeepTokens: 2, deepBlocks: 1 } },
    };
    const frozen = await ran(clipAdaTrain, runClipAdaTrain, { params, inputs, seed: 3 });
    const [before, after] = [towers, frozen].map((made) => readTower(made.artifacts.get("tower")!.bytes, "tower"));
    for (const [name, tensor] of before!.weights) expect(after!.weights.get(name)).toEqual(tensor);
    const model = readClipAda(frozen.artifacts.get("model")!.bytes, "model");
    expect(numbers(model.weights.get("adapter.4.weight")!).some((value) => value !== 0)).toBe(true);
    const tried = frozen.logs.map(({ message }) => message).filter((message) => message.includes("smoothing 0 px"));
    const count = (text: string) => tried.filter((message) => message.includes(text)).length;
    // Both levels are tried wherever something is refined, and once where nothing is.
    expect(count("share 0.00")).toBe(1);
    expect(count("level median")).toBe(count("level as-is") - 1);
    expect(count("level median")).toBeGreaterThan(0);
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

  it("shifts a refined region to the coarse map's median where it is asked to, and changes nothing else about it", async () => {
    // One region that is the picture, fused with all of its weight: what is left is the refined map itself.
    const region = { maxObjectShare: 1, numRegions: 1, regionPx: 64, weight: 1 };
    const at = async (refinement: object) => (await scoredBy(applied({ smoothingPx: 0, refinement }), noise(64))).maps;
    const [coarse, asIs, level] = [await at({}), await at(region), await at({ ...region, level: "median" })];
    const middle = (map: Float32Array) => (map.toSorted()[64 * 32 - 1]! + map.toSorted()[64 * 32]!) / 2;
    const shift = middle(coarse) - middle(asIs);
    expect(Math.abs(shift)).toBeGreaterThan(0.01);
    expectClose(
      [...level],
      asIs.map((value) => value + shift),
    );
    // Half the weight of a region that is a quarter: the rest of the map stays as it was.
    const quarter = { maxObjectShare: 1, numRegions: 1, regionPx: 32, weight: 0.5, level: "median" };
    const fused = await at(quarter);
    const changed = fused.filter((value, pixel) => value !== coarse[pixel]).length;
    expect(changed).toBeGreaterThan(32 * 32 * 0.9);
    expect(changed).toBeLessThanOrEqual(32 * 32);
  });

  it("gives the whole picture's map when a window is as large as the picture", async () => {
    const whole = await scoredBy(applied(), greyNoise(64));
    const window = await scoredBy(applied({ windowPx: 64 }), greyNoise(64));
    expectClose([...window.maps], whole.maps);
    expectClose([...window.scores], whole.scores);
  });

  it("gives the mean of half overlapping windows, each as if it were the picture, and the highest window's score", async () => {
    // A pattern that repeats every 16 pixels: every window of 32 shows the same, as bright as the whole.
    const pattern = greyNoise(16);
    const tiled = (sizePx: number) =>
      Uint8Array.from({ length: sizePx * sizePx * 3 }, (_, at) => {
        const [x, y] = [Math.floor(at / 3) % sizePx, Math.floor(at / 3 / sizePx)];
        return pattern[((y % 16) * 16 + (x % 16)) * 3]!;
      });
    const one = await scoredBy(applied({ sizePx: 32, smoothingPx: 0 }), tiled(32));
    const slid = await scoredBy(applied({ windowPx: 32, smoothingPx: 0 }), tiled(64));
    const expected = Float32Array.from({ length: 64 * 64 }, (_, at) => {
      const [x, y] = [at % 64, Math.floor(at / 64)];
      const covering = (place: number) => [0, 16, 32].filter((start) => place >= start && place < start + 32);
      const values = covering(y).flatMap((top) => covering(x).map((left) => one.maps[(y - top) * 32 + (x - left)]!));
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    });
    expectClose([...slid.maps], expected);
    expectClose([...slid.scores], one.scores);
    expect(new Set(one.maps).size).toBeGreaterThan(100);
  });

  it("is evaluated with the windows it was trained for, or with the evaluation's own", async () => {
    const path = join(trained.context.workDir, "windows.onnx");
    writeFileSync(path, writeClipAda(applied({ windowPx: 32 })));
    const encoded = async (params: Record<string, unknown>) => {
      const run = await ran(clipAdaEvaluate, runClipAdaEvaluate, {
        params: { data, ...params },
        inputs: { model: path },
      });
      return run.logs.map(({ message }) => message).filter((message) => message.includes("windows encoded"));
    };
    // Four pictures of 64 pixels have nine windows of 32 each.
    expect(await encoded({})).toEqual(["woven-fabric: 36 windows encoded besides 4 images"]);
    expect(await encoded({ windowPx: 0 })).toEqual(["woven-fabric: 0 windows encoded besides 4 images"]);
  });

  it("exports one file that gives the evaluation's own scores", async () => {
    const model = applied();
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
    ["regions", { refinement: { maxObjectShare: 1 } }],
    ["windows", { windowPx: 32 }],
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
    const plain = await scoredBy(applied(), data);
    expect(found.map).not.toEqual(plain.maps);
  });
});

/** The trained model, applied otherwise: smoothed, neither windows nor regions unless they are given. */
function applied({ refinement, ...more }: Partial<Omit<DetectionParams, "refinement">> & { refinement?: object } = {}) {
  const model = readClipAda(trained.artifacts.get("model")!.bytes, "model");
  const { detection } = model;
  return {
    ...model,
    detection: {
      ...detection,
      smoothingPx: 2,
      windowPx: 0,
      ...more,
      refinement: { ...detection.refinement, maxObjectShare: 0, ...refinement },
    },
  };
}

/** Map and score of one picture, RGB of the detection's size, by the evaluation's own scorer. */
async function scoredBy(model: ClipAdaModel, data: Uint8Array<ArrayBuffer>) {
  const scorer = await clipAdaScorer(model, {
    detection: model.detection,
    batchSize: 1,
    provider: "cpu",
    threads: 1,
  });
  const { sizePx } = model.detection;
  const source = { kind: "rgb", width: sizePx, height: sizePx, data } as const;
  try {
    return await scorer.score(data, 1, (_, largePx) => decodeImages([source], { sizePx: largePx }));
  } finally {
    await scorer.dispose();
  }
}

const noise = (sizePx: number) => Uint8Array.from({ length: sizePx * sizePx * 3 }, (_, at) => (at * 31) % 251);

/** Grey, so that a tower of one channel sees no rounded brightness: it then has the statistics of the picture it is given. */
const greyNoise = (sizePx: number) =>
  Uint8Array.from({ length: sizePx * sizePx * 3 }, (_, at) => (Math.floor(at / 3) * 37) % 251);

function expectClose(got: readonly number[], wanted: Float32Array): void {
  expect(got).toHaveLength(wanted.length);
  const furthest = got.reduce((most, value, at) => Math.max(most, Math.abs(value - wanted[at]!)), 0);
  expect(furthest).toBeLessThan(1e-3);
}
