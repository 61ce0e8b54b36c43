import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Tensor } from "@retort/engine";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { letterTokenizer } from "../../data/tokenizers/testing-letters.ts";
import { WordTokenizer } from "../../data/tokenizers/word.ts";
import { assemble } from "../../models/import/assemble.ts";
import { encoderConfig, writeEncoder } from "../../models/llava/encoder-file.ts";
import { classifierGraph } from "../../models/llava/encoder-graph.ts";
import { answerGraph } from "../../models/llava/generate-graphs.ts";
import { type LlavaModel, readModel, writeModel } from "../../models/llava/model-file.ts";
import { conversationTrain } from "../conversation-train/definition.ts";
import { runConversationTrain } from "../conversation-train/run.ts";
import { lmPretrain } from "../lm-pretrain/definition.ts";
import { runLmPretrain } from "../lm-pretrain/run.ts";
import { teacherCache } from "../teacher-cache/definition.ts";
import { runTeacherCache } from "../teacher-cache/run.ts";
import { testContext } from "../testing-context.ts";
import { visionFeatures } from "../vision-features/definition.ts";
import { runVisionFeatures } from "../vision-features/run.ts";
import { vlmEvaluate } from "../vlm-evaluate/definition.ts";
import { runVlmEvaluate } from "../vlm-evaluate/run.ts";
import { llavaTrain } from "./definition.ts";
import { runLlavaTrain } from "./run.ts";

const scenes = { numTrainImages: 12, numTestImages: 4, imageSizePx: 16, questions: ["color", "count", "relation"] };
const data = { adapter: "scenes", params: { ...scenes, minObjects: 2, maxObjects: 3 } };
const projector = { mergeSide: 2, merge: "average" };
const decoder = { dim: 8, layers: 1, heads: 2, kvHeads: 1, hidden: 16, ropeBase: 10_000 };
const training = { numSteps: 10, batchSize: 4, numTextTokens: 64, warmupSteps: 0 };

const folder = mkdtempSync(join(tmpdir(), "retort-llava-kd-"));
afterAll(() => rmSync(folder, { recursive: true }));

function keep(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

function encoderFile(name: string, seed: number): string {
  const vision = { patchSizePx: 4, stem: "linear", dim: 8, layers: 1, heads: 2, hidden: 16 };
  const config = encoderConfig.parse({ imageSizePx: 16, vision });
  const { graph } = classifierGraph({ config, batchSize: 1, numClasses: 2, labelSmoothing: 0, seed });
  const weights = new Map([...graph.parameters].map(([key, { tensor }]) => [key, tensor!]));
  return keep(name, writeEncoder({ config, weights }));
}

async function featuresOf(encoder: string, name: string): Promise<string> {
  const run = testContext(visionFeatures, { params: { data, merge: projector }, inputs: { encoder } });
  await runVisionFeatures(run.context);
  run.remove();
  return keep(name, run.artifacts.get("features")!.bytes);
}

async function languageModel(encoder: string, { seed, dim }: { seed: number; dim: number }): Promise<string> {
  const params = { data, projector, decoder: { ...decoder, dim }, training };
  const run = testContext(lmPretrain, { params, inputs: { encoder }, seed });
  await runLmPretrain(run.context);
  run.remove();
  return keep(`language-${seed}.onnx`, run.artifacts.get("model")!.bytes);
}

interface Trained {
  losses: number[];
  metrics: Map<string, number[]>;
  model: string;
  logs: string[];
}

let numTrained = 0;

async function trainStage(params: object, inputs: Record<string, string>): Promise<Trained> {
  const run = testContext(llavaTrain, { params: { data, training, ...params }, inputs, seed: 3 });
  try {
    await runLlavaTrain(run.context);
    const model = keep(`trained-${numTrained++}.onnx`, run.artifacts.get("model")!.bytes);
    const logs = run.logs.map(({ message }) => message);
    return { losses: run.metrics.get("loss")!, metrics: run.metrics, model, logs };
  } finally {
    run.remove();
  }
}

async function outputsOf(model: string, features: string, params: object): Promise<string> {
  const run = testContext(teacherCache, { params: { data, batchSize: 5, ...params }, inputs: { model, features } });
  await runTeacherCache(run.context);
  run.remove();
  return keep(`outputs-${Math.random()}.safetensors`, run.artifacts.get("outputs")!.bytes);
}

describe("stages of LLaVA-KD", { timeout: 120_000 }, () => {
  let features: string;
  let student: string;
  let teacher: string;
  beforeAll(async () => {
    const encoder = encoderFile("encoder.onnx", 1);
    features = await featuresOf(encoder, "features.safetensors");
    student = await languageModel(encoder, { seed: 1, dim: 8 });
    teacher = await languageModel(encoder, { seed: 2, dim: 16 });
  }, 60_000);

  const weightsOf = async (path: string) => {
    const { readFile } = await import("node:fs/promises");
    return readModel(await readFile(path), path).weights;
  };
  const changed = (before: ReadonlyMap<string, Tensor>, after: ReadonlyMap<string, Tensor>) => {
    const differs = ([name, { data: values }]: [string, Tensor]) =>
      values.some((value, i) => value !== before.get(name)!.data[i]);
    return new Set([...after].filter(differs).map(([name]) => name.split(".")[0]));
  };

  it("changes the projector alone in PT and the language model too in SFT; never the encoder", async () => {
    const inputs = { model: student, features };
    const aligned = await trainStage({ content: "captions", trainable: "projector" }, inputs);
    expect(changed(await weightsOf(student), await weightsOf(aligned.model))).toEqual(new Set(["projector"]));
    const tuned = await trainStage({}, { model: aligned.model, features });
    expect(changed(await weightsOf(aligned.model), await weightsOf(tuned.model))).toEqual(
      new Set(["projector", "decoder"]),
    );
  });

  it("says how many questions a short row leaves out, and nothing where all have a place", async () => {
    const inputs = { model: student, features };
    const short = await trainStage({ training: { ...training, numTextTokens: 16 } }, inputs);
    expect(short.logs).toContainEqual(
      expect.stringMatching(/^\d+ of 12 pictures have more questions than 16 text tokens hold: about \d+ of \d+/),
    );
    const long = await trainStage({ training: { ...training, numTextTokens: 256 } }, inputs);
    expect(long.logs).not.toContainEqual(expect.stringContaining("left out"));
  });

  it("learns the same from stored outputs as from a teacher that runs beside it", async () => {
    const objective = { kind: "llava-kd", weights: { prompt: 0.5 }, relation: { of: "hidden", normalize: true } };
    const online = await trainStage({ objective }, { model: student, features, teacher });
    const exact = await outputsOf(teacher, features, { precision: "float32" });
    const stored = await trainStage({ objective }, { model: student, features, teacherCache: exact });
    const all = await outputsOf(teacher, features, { precision: "float32", topK: 20 });
    const half = await outputsOf(teacher, features, { precision: "float16" });
    const halved = await trainStage({ objective }, { model: student, features, teacherCache: half });
    online.losses.forEach((loss, step) => {
      expect(stored.losses[step]).toBeCloseTo(loss, 5);
      expect(halved.losses[step]).toBeCloseTo(loss, 2);
    });
    for (const term of ["crossEntropy", "response", "visual", "prompt", "relation"]) {
      expect(online.metrics.get(term)!.at(-1)).toBeGreaterThan(0);
      expect(stored.metrics.get(term)!.at(-1)).toBeCloseTo(online.metrics.get(term)!.at(-1)!, 5);
    }
    const some = await trainStage({ objective }, { model: student, features, teacherCache: all });
    expect(some.losses[0]).toBeCloseTo(online.losses[0]!, 1);
  });

  it("relates the logits of a teacher that is stored in full as of one that runs beside it, with the paper's weights", async () => {
    const objective = { kind: "llava-kd" };
    const online = await trainStage({ objective }, { model: student, features, teacher });
    for (const [precision, digits] of [["float32", 5] as const, ["float16", 4] as const]) {
      const teacherCache = await outputsOf(teacher, features, { precision });
      const stored = await trainStage({ objective }, { model: student, features, teacherCache });
      for (const name of ["loss", "relation"]) {
        const expected = online.metrics.get(name)!;
        expect(expected[0]).toBeGreaterThan(0.001);
        expected.forEach((value, step) => {
          expect(stored.metrics.get(name)![step]).toBeCloseTo(value, digits);
        });
      }
    }
  });

  it("refuses to relate logits of which the most probable are stored, and shows no such number where it weighs nothing", async () => {
    const teacherCache = await outputsOf(teacher, features, { topK: 5 });
    const by = (rest: object) =>
      trainStage({ objective: { kind: "llava-kd", ...rest } }, { model: student, features, teacherCache });
    await expect(by({})).rejects.toMatchObject({
      ...{ code: "RELATION_OF_TOP_K", got: expect.stringContaining("5 tokens") },
      fix: expect.stringMatching(/topK to null.*hidden.*weights\.relation to 0.*online/),
    });
    const unweighted = await by({ weights: { relation: 0 } });
    expect([...unweighted.metrics.keys()]).toContain("response");
    expect(unweighted.metrics.has("relation")).toBe(false);
    expect((await by({ relation: { of: "hidden" } })).metrics.has("relation")).toBe(true);
  });

  it("keeps the whole distribution when the most probable tokens are all of them", async () => {
    const { vocabularySize } = readModel(
      await import("node:fs/promises").then((fs) => fs.readFile(teacher)),
      "",
    ).tokenizer;
    const objective = { kind: "llava-kd", weights: { relation: 0 } };
    const full = await outputsOf(teacher, features, { precision: "float32" });
    const top = await outputsOf(teacher, features, { precision: "float32", topK: vocabularySize });
    const a = await trainStage({ objective }, { model: student, features, teacherCache: full });
    const b = await trainStage({ objective }, { model: student, features, teacherCache: top });
    for (const [step, loss] of a.losses.entries()) expect(b.losses[step]).toBeCloseTo(loss, 5);
    await expect(outputsOf(teacher, features, { topK: vocabularySize + 1 })).rejects.toThrow(/fewer tokens/);
  });

  it("refuses outputs that no stage could hold before it computes any, unless the most probable are enough", async () => {
    const { readFile } = await import("node:fs/promises");
    const model = readModel(await readFile(teacher), "teacher");
    const seen = new Map([...model.weights].filter(([name]) => !name.startsWith("decoder.")));
    const config = { ...model.config, vocabularySize: 100_000 };
    const large = assemble({ ...model, config, weights: seen, random: ["decoder"], seed: 1 });
    const path = keep("large.onnx", writeModel(large, answerGraph(large.config, 8)));
    const many = { adapter: "scenes", params: { ...data.params, numTrainImages: 100 } };
    await expect(outputsOf(path, features, { data: many })).rejects.toMatchObject({
      ...{ code: "TEACHER_CACHE_TOO_LARGE", expected: "at most 536870912 bytes" },
      got: "970612800 bytes for 4853 tokens",
      fix: expect.stringMatching(/topK.*online/),
    });
    // There is room for eight tokens a row: the stage goes on, as far as the features that were made of twelve pictures.
    await expect(outputsOf(path, features, { data: many, topK: 8 })).rejects.toMatchObject({
      code: "DATA_NO_FEATURES",
    });
  });

  it("learns from the pictures drawn alone", async () => {
    const subset = { numImages: 5, seed: 7 };
    const { logs } = await trainStage({ subset }, { model: student, features });
    expect(logs.join("\n")).toContain("5 pictures");
    const outputs = await outputsOf(teacher, features, { subset });
    const objective = { kind: "llava-kd" };
    await trainStage({ subset, objective }, { model: student, features, teacherCache: outputs });
    await expect(trainStage({ objective }, { model: student, features, teacherCache: outputs })).rejects.toMatchObject({
      code: "DATA_NOT_IN_TEACHER_CACHE",
    });
  });

  it("learns from a teacher whose tokenizer differs in what makes no ids", async () => {
    const { readFile } = await import("node:fs/promises");
    const withLetters = async (name: string, path: string, config: Record<string, unknown>) => {
      const model = readModel(await readFile(path), path);
      const letters = letterTokenizer("abcdefghijklmnopqrstuvwxyz ,0123?", config);
      const bytes = writeModel({ ...model, tokenizer: letters }, answerGraph(model.config, 8));
      return keep(name, bytes);
    };
    const learner = await withLetters("learner.onnx", student, { chat_template: "{{ messages }}" });
    const other = await withLetters("template.onnx", teacher, { model_max_length: 32_768 });
    const long = { objective: { kind: "llava-kd" }, training: { ...training, numTextTokens: 96 } };
    const online = await trainStage(long, { model: learner, features, teacher: other });
    const teacherCache = await outputsOf(other, features, { precision: "float32" });
    const cached = await trainStage(long, { model: learner, features, teacherCache });
    for (const [step, loss] of online.losses.entries()) expect(cached.losses[step]).toBeCloseTo(loss, 4);
    const stopping = await withLetters("stop.onnx", teacher, { eos_token: "<|stop|>" });
    await expect(trainStage(long, { model: learner, features, teacher: stopping })).rejects.toMatchObject({
      code: "DATA_TEACHER_VOCABULARY",
    });
  });

  it("evaluates from stored features as from pixels, up to their half precision", async () => {
    const evaluate = async (inputs: Record<string, string>) => {
      const run = testContext(vlmEvaluate, { params: { data, numSampleImages: 0 }, inputs });
      await runVlmEvaluate(run.context);
      run.remove();
      return run.evaluations[0]!.samples.map(({ detail }) => detail.given);
    };
    expect(await evaluate({ model: student, features })).toEqual(await evaluate({ model: student }));
  });

  it("leaves a model that conversations on disk go on with, and one that teaches them", async () => {
    const inputs = { model: student, features };
    const tuned = await trainStage({}, inputs);
    await sharp({ create: { width: 16, height: 16, channels: 3, background: "red" } })
      .png()
      .toFile(join(folder, "red.png"));
    const turns = [
      { from: "human", value: "<image>\nwhat color is the circle ?" },
      { from: "gpt", value: "red" },
    ];
    const path = keep("data.json", Buffer.from(JSON.stringify([{ id: "1", image: "red.png", conversations: turns }])));
    const params = {
      ...{ data: { path, images: folder }, template: "bare", objective: { kind: "llava-kd" } },
      training: { numSteps: 40, batchSize: 1, numTokens: 64, learningRate: 2e-2, warmupSteps: 0 },
    };
    const run = testContext(conversationTrain, { params, inputs: { model: tuned.model, teacher }, seed: 1 });
    await runConversationTrain(run.context);
    const losses = run.metrics.get("crossEntropy")!;
    expect(losses.at(-1)!).toBeLessThan(losses[0]! / 2);
    const { config, weights } = readModel(run.artifacts.get("model")!.bytes, "model");
    expect(config.projector).toEqual(projector);
    expect(changed(await weightsOf(tuned.model), weights)).toEqual(new Set(["projector", "decoder"]));
    run.remove();
  });

  it("refuses a teacher where none belongs, and distillation without one", async () => {
    const objective = { kind: "llava-kd" };
    const refused = { code: "TEACHER_AND_OBJECTIVE" };
    await expect(trainStage({ objective }, { model: student, features })).rejects.toMatchObject(refused);
    await expect(trainStage({}, { model: student, features, teacher })).rejects.toMatchObject(refused);
    const outputs = await outputsOf(teacher, features, {});
    await expect(
      trainStage({ objective }, { model: student, features, teacher, teacherCache: outputs }),
    ).rejects.toMatchObject({ code: "TWO_TEACHERS" });
  });

  it("refuses a teacher of another vocabulary, layout or encoder, and features of another encoder", async () => {
    const objective = { kind: "llava-kd" };
    const { readFile } = await import("node:fs/promises");
    const model = readModel(await readFile(teacher), "teacher");
    const altered = (name: string, change: Partial<LlavaModel>) => {
      const other = { ...model, ...change };
      return keep(name, writeModel(other, answerGraph(other.config, 8)));
    };
    const words = WordTokenizer.fromTexts(["other words"]);
    const reads = altered("words.onnx", { tokenizer: words });
    const by = (path: string) => trainStage({ objective }, { model: student, features, teacher: path });
    await expect(by(reads)).rejects.toMatchObject({ code: "DATA_TEACHER_VOCABULARY" });
    const finer = { ...model.config, projector: { mergeSide: 1, merge: "average" as const } };
    await expect(by(altered("finer.onnx", { config: finer }))).rejects.toMatchObject({ code: "DATA_TEACHER_LAYOUT" });
    const elsewhere = encoderFile("other-encoder.onnx", 9);
    const stranger = await languageModel(elsewhere, { seed: 5, dim: 16 });
    await expect(by(stranger)).rejects.toMatchObject({ code: "DATA_TEACHER_ENCODER" });
    await expect(outputsOf(stranger, features, {})).rejects.toMatchObject({ code: "DATA_FEATURES_OF_ANOTHER_ENCODER" });
    const strange = await featuresOf(elsewhere, "other-features.safetensors");
    await expect(trainStage({}, { model: student, features: strange })).rejects.toMatchObject({
      code: "DATA_FEATURES_OF_ANOTHER_ENCODER",
    });
    await expect(trainStage({}, { model: student, features: student })).rejects.toMatchObject({
      code: "DATA_NOT_FEATURES",
    });
    await expect(trainStage({ objective }, { model: student, features, teacherCache: features })).rejects.toMatchObject(
      { code: "DATA_NOT_TEACHER_OUTPUTS" },
    );
  });

  it("stops at a question that no row takes, or skips it and says so", async () => {
    const short = { ...training, numTextTokens: 10 };
    await expect(trainStage({ training: short }, { model: student, features })).rejects.toMatchObject({
      code: "DATA_QUESTION_TOO_LONG",
    });
    const { logs } = await trainStage({ training: { ...short, onTooLong: "skip" } }, { model: student, features });
    expect(logs.find((line) => line.includes("bad records were skipped"))).toMatch(/^\d+ /);
    expect(logs.filter((line) => line.includes("DATA_QUESTION_TOO_LONG")).length).toBeGreaterThan(0);
  });
});
