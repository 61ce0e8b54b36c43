import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { optim, type Tensor } from "@retort/engine";
import { afterAll, describe, expect, it } from "vitest";
import { StoppedError } from "../base/errors.ts";
import { datasets } from "../data/index.ts";
import { loadDataset } from "../data/loaders.ts";
import { WordTokenizer } from "../data/tokenizers/word.ts";
import { llavaConfig } from "../models/llava/config.ts";
import { pictureOptions } from "../models/llava/picture.ts";
import { sftGraph } from "../models/llava/sft-graph.ts";
import { type TrainHost, type TrainTask, train } from "./trainer.ts";
import type { VqaBatchOptions } from "./vqa-batches.ts";

const directories: string[] = [];
afterAll(() => Promise.all(directories.map((path) => rm(path, { recursive: true, force: true }))));

const data = {
  adapter: "scenes",
  params: datasets.scenes.params.parse({
    numTrainImages: 24,
    numTestImages: 4,
    imageSizePx: 16,
    maxObjects: 1,
    questions: ["color"],
  }),
};

async function makeTask({ learningRate = 5e-3, accumulate = 1 } = {}): Promise<TrainTask> {
  const { train: split } = await loadDataset(data, new AbortController().signal);
  const tokenizer = WordTokenizer.fromTexts(split.records.flatMap(({ question, answer }) => [question, answer]));
  const config = llavaConfig.parse({
    imageSizePx: 16,
    vision: { patchSizePx: 4, stem: "convolution", dim: 16, layers: 1, heads: 2, hidden: 32 },
    projector: { mergeSide: 2 },
    decoder: { dim: 16, layers: 1, heads: 2, kvHeads: 1, hidden: 32, ropeBase: 10_000 },
    vocabularySize: tokenizer.vocabularySize,
  });
  const { graph, loss, tokenAccuracy } = sftGraph({ config, batchSize: 8 / accumulate, numTextTokens: 16, seed: 5 });
  const options: VqaBatchOptions = {
    data,
    tokenizer: tokenizer.toJSON(),
    imageSizePx: 16,
    picture: pictureOptions(config),
    numTextTokens: 16,
    batchSize: 8,
    stepsPerRun: 5,
    questionOrder: "open-first",
    augment: { shiftPx: 1, flip: "horizontal" },
    seed: 5,
  };
  return {
    graph,
    loss,
    metrics: { tokenAccuracy },
    batches: { module: new URL("./vqa-batches.ts", import.meta.url), options },
    optimizer: optim.adamw({
      lr: optim.schedule.cosine({ lr: learningRate, warmupSteps: 2, totalSteps: 40 }),
      betas: [0.9, 0.98],
      eps: 1e-8,
      weightDecay: 0.01,
    }),
    maxGradNorm: 1,
    numSteps: 40,
    stepsPerRun: 5,
    checkpointEverySteps: 10,
    provider: "cpu",
    threads: 1,
  };
}

interface Recorded extends TrainHost {
  losses: number[];
  saved: { step: number; path: string }[];
}

async function makeHost(checkpoint: TrainHost["checkpoint"] = null): Promise<Recorded> {
  const workDir = await mkdtemp(join(tmpdir(), "retort-trainer-"));
  directories.push(workDir);
  const losses: number[] = [];
  const saved: { step: number; path: string }[] = [];
  return {
    losses,
    saved,
    workDir,
    checkpoint,
    signal: new AbortController().signal,
    metric: (key, step, value) => {
      if (key === "loss") losses[step] = value;
    },
    progress: () => {},
    log: () => {},
    saveCheckpoint: async (step, path) => void saved.push({ step, path }),
  };
}

const bytesOf = (weights: Map<string, Tensor>) =>
  [...weights].map(([name, { data }]) => [
    name,
    Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64"),
  ]);

describe("train", { timeout: 120_000 }, () => {
  it("learns, and ends with the same bits when it is resumed from a checkpoint", async () => {
    const whole = await makeHost();
    const weights = await train(await makeTask(), whole);
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(whole.losses.slice(-5))).toBeLessThan(0.7 * whole.losses[1]!);
    expect(whole.saved.map(({ step }) => step)).toEqual([10, 20, 30]);

    const resumed = await makeHost(whole.saved[1]!);
    expect((await readFile(whole.saved[1]!.path)).length).toBeGreaterThan(1000);
    const again = await train(await makeTask(), resumed);
    expect(resumed.losses.findIndex((loss) => loss !== undefined)).toBe(21);
    expect(resumed.losses.slice(21)).toEqual(whole.losses.slice(21));
    expect(bytesOf(again)).toEqual(bytesOf(weights));
  });

  it("keeps the state after the last step where more is to come, and does not train again", async () => {
    const whole = await makeHost();
    const weights = await train({ ...(await makeTask()), keepsLast: true }, whole);
    expect(whole.saved.map(({ step }) => step)).toEqual([10, 20, 30, 40]);
    const resumed = await makeHost(whole.saved[3]!);
    expect(bytesOf(await train({ ...(await makeTask()), keepsLast: true }, resumed))).toEqual(bytesOf(weights));
    expect([resumed.losses, resumed.saved]).toEqual([[], []]);
  });

  it("stops with a typed error when the loss is no longer a number", async () => {
    const task = { ...(await makeTask({ learningRate: 1e30 })), maxGradNorm: 1e30 };
    await expect(train(task, await makeHost())).rejects.toMatchObject({ name: "DivergedError", code: "DIVERGED" });
  });

  it("cuts its steps into micro-batches of the same examples: the first losses agree to rounding", async () => {
    const whole = await makeHost();
    const weights = await train(await makeTask(), whole);
    const cut = { ...(await makeHost()), accumulate: 4 };
    const others = await train(await makeTask({ accumulate: 4 }), cut);
    // Each picture has one question here, so the mean over micro-batches is the mean over the batch.
    for (let step = 1; step <= 5; step++) expect(cut.losses[step]).toBeCloseTo(whole.losses[step]!, 2);
    expect(cut.losses).toHaveLength(whole.losses.length);
    expect([...others.keys()]).toEqual([...weights.keys()]);
  });

  it("saves its state before it stops for now, and goes on from there with the same bits", async () => {
    const whole = await makeHost();
    const weights = await train(await makeTask(), whole);
    const controller = new AbortController();
    const stopped = { ...(await makeHost()), signal: controller.signal };
    stopped.progress = (done) => {
      if (done === 15) controller.abort(new StoppedError("preempted", { mayResume: true }));
    };
    await expect(train(await makeTask(), stopped)).rejects.toThrow("preempted");
    expect(stopped.saved.map(({ step }) => step)).toEqual([10, 15]);
    const again = await train(await makeTask(), await makeHost(stopped.saved[1]!));
    expect(bytesOf(again)).toEqual(bytesOf(weights));
  });

  it("stops when it is aborted", async () => {
    const controller = new AbortController();
    const host = { ...(await makeHost()), signal: controller.signal };
    host.progress = (done) => {
      if (done >= 10) controller.abort(new Error("cancelled by a test"));
    };
    await expect(train(await makeTask(), host)).rejects.toThrow("cancelled by a test");
  });
});
