import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeImages } from "../../data/images.ts";
import { fingerprintDataset } from "../../data/loaders.ts";
import { letterTokenizer } from "../../data/tokenizers/testing-letters.ts";
import { WordTokenizer } from "../../data/tokenizers/word.ts";
import { assemble } from "../../models/import/assemble.ts";
import { answerGraph } from "../../models/llava/generate-graphs.ts";
import { Generator } from "../../models/llava/generator.ts";
import { readModel, writeModel } from "../../models/llava/model-file.ts";
import { decoderPresets, visionPresets } from "../../models/llava/presets.ts";
import { testContext } from "../testing-context.ts";
import { conversationTrain } from "./definition.ts";
import { runConversationTrain } from "./run.ts";

let dir: string;
const at = (name: string) => join(dir, name);
const colors = ["red", "blue", "lime", "white"];
const tokenizer = WordTokenizer.fromTexts([...colors, "what color is it ? first second say hello the sun"]);

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "retort-conversations-"));
  for (const color of colors) {
    await sharp({ create: { width: 30, height: 20, channels: 3, background: color } })
      .png()
      .toFile(at(`${color}.png`));
  }
  const turn = (question: string, answer: string) => [
    { from: "human", value: question },
    { from: "gpt", value: answer },
  ];
  const records = [
    ...colors.map((color) => ({
      id: color,
      image: `${color}.png`,
      conversations: [...turn("<image>\nwhat color is it ?", color), ...turn("say hello", "hello")],
    })),
    {
      id: "both",
      image: ["red.png", "blue.png"],
      conversations: turn("<image><image> what color ?", "first red second blue"),
    },
    { id: "text", conversations: turn("what color is the sun ?", "white") },
  ];
  writeFileSync(at("data.json"), JSON.stringify(records));
  writeFileSync(at("colors.json"), JSON.stringify(records.slice(0, colors.length)));
  for (const [name, seed] of [
    ["student", 3],
    ["teacher", 4],
  ] as const) {
    const config = {
      ...visionPresets["clip-tiny"],
      projector: { mergeSide: 1 },
      decoder: decoderPresets["qwen-tiny"].decoder,
      vocabularySize: tokenizer.vocabularySize,
    };
    const model = assemble({ config, tokenizer, weights: new Map(), random: ["vision", "projector", "decoder"], seed });
    writeFileSync(at(`${name}.onnx`), writeModel(model, answerGraph(model.config, 8)));
  }
});
afterAll(() => rmSync(dir, { recursive: true }));

const training = {
  numSteps: 80,
  batchSize: 2,
  numTokens: 80,
  imagesPerRow: 2,
  learningRate: 5e-3,
  stepsPerRun: 10,
  chunkRows: 64,
};
const stage = (params: object, inputs: Record<string, string> = { model: at("student.onnx") }) =>
  testContext(conversationTrain, {
    params: { data: { path: at("data.json"), images: dir }, template: "bare", trainable: "all", training, ...params },
    inputs,
    seed: 1,
  });

describe("conversation-train", { timeout: 120_000 }, () => {
  it("learns turns about pictures, several pictures and text alone, and answers by what it sees", async () => {
    const { context, artifacts, metrics, logs, remove } = stage({});
    await runConversationTrain(context);
    const losses = metrics.get("loss")!;
    expect(losses).toHaveLength(80);
    expect(losses.at(-1)!).toBeLessThan(0.15);
    expect(metrics.get("tokenAccuracy")!.at(-1)).toBeGreaterThan(0.95);
    expect(logs.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^6 conversations, 6 pictures, \d+ tokens$/),
    );
    const model = readModel(artifacts.get("model")!.bytes, "model");
    const generator = await Generator.create(model, {
      batchSize: 4,
      imageBatchSize: 4,
      numPromptTokens: 8,
      numNewTokens: 3,
      provider: "cpu",
      threads: 1,
    });
    const pixels = await decodeImages(
      colors.map((color) => ({ kind: "file", path: at(`${color}.png`) })),
      { sizePx: model.config.imageSizePx },
    );
    const images = await generator.encodeImages(pixels);
    const question = tokenizer.encode("what color is it ?");
    const answers = await generator.answer(
      colors.map((_, imageIndex) => ({ imageIndex, tokens: question })),
      images,
    );
    await generator.dispose();
    expect(answers.map((ids) => tokenizer.decode(ids))).toEqual(colors);
    remove();
  });

  it("changes the projector alone in pre-training, and nothing else", async () => {
    const { context, artifacts, remove } = stage({ trainable: "projector", training: { ...training, numSteps: 10 } });
    await runConversationTrain(context);
    const [before, after] = [
      readModel(readFileSync(at("student.onnx")), "before"),
      readModel(artifacts.get("model")!.bytes, "after"),
    ];
    const changed = [...before.weights].filter(([name, { data }]) =>
      after.weights.get(name)!.data.some((value, i) => value !== data[i]),
    );
    expect(changed.map(([name]) => name).sort()).toEqual([
      "projector.fc1.bias",
      "projector.fc1.weight",
      "projector.fc2.bias",
      "projector.fc2.weight",
    ]);
    remove();
  });

  it("learns from a teacher on answers and image tokens, in any chunking with the same losses", async () => {
    const losses = async (chunkRows: number) => {
      const inputs = { model: at("student.onnx"), teacher: at("teacher.onnx") };
      const { context, metrics, remove } = stage(
        { objective: { kind: "llava-kd" }, training: { ...training, numSteps: 10, chunkRows } },
        inputs,
      );
      await runConversationTrain(context);
      remove();
      expect([...metrics.keys()]).toEqual(expect.arrayContaining(["crossEntropy", "response", "visual", "relation"]));
      return metrics.get("loss")!;
    };
    const [whole, chunked] = [await losses(1000), await losses(16)];
    whole.forEach((loss, i) => {
      expect(chunked[i]).toBeCloseTo(loss, 3);
    });
  });

  it("adds micro-batches up to the steps of whole batches, whether parameters cut them or memory was short", async () => {
    // Every conversation has as many answer tokens as the others: the mean of means is the mean.
    const run = async (objective: { kind: string }, cut: { microBatchSize: number | null; accumulate?: number }) => {
      const { accumulate = 1, microBatchSize } = cut;
      const some = { ...training, numSteps: 20, batchSize: 4, packed: false, microBatchSize };
      const params = { data: { path: at("colors.json"), images: dir }, objective, training: some };
      const taught = { model: at("student.onnx"), teacher: at("teacher.onnx") };
      const { context, metrics, logs, remove } = stage(params, objective.kind === "llava-kd" ? taught : undefined);
      await runConversationTrain({ ...context, accumulate });
      remove();
      return { losses: metrics.get("loss")!, logs: logs.map(({ message }) => message) };
    };
    for (const objective of [{ kind: "cross-entropy" }, { kind: "llava-kd" }]) {
      const whole = await run(objective, { microBatchSize: null });
      for (const cut of [{ microBatchSize: 1 }, { microBatchSize: 2, accumulate: 2 }, { microBatchSize: 2 }]) {
        const { losses, logs } = await run(objective, cut);
        const parts = (4 / cut.microBatchSize) * (cut.accumulate ?? 1);
        expect(logs).toContain(`Each step is cut into ${parts} micro-batches`);
        whole.losses.forEach((loss, i) => {
          expect(losses[i]).toBeCloseTo(loss, 3);
        });
      }
    }
  });

  it("refuses a teacher of another vocabulary or layout, and an objective without one", async () => {
    const other = WordTokenizer.fromTexts(["other words"]);
    const config = {
      ...visionPresets["siglip-tiny"],
      projector: { mergeSide: 1 },
      decoder: decoderPresets["qwen-tiny"].decoder,
      vocabularySize: other.vocabularySize,
    };
    const save = (name: string, tokens: WordTokenizer) => {
      const model = assemble({
        config: { ...config, vocabularySize: tokens.vocabularySize },
        tokenizer: tokens,
        weights: new Map(),
        random: ["vision", "projector", "decoder"],
        seed: 1,
      });
      writeFileSync(at(name), writeModel(model, answerGraph(model.config, 8)));
    };
    save("words.onnx", other);
    save("layout.onnx", tokenizer);
    const run = (teacher: string) =>
      runConversationTrain(
        stage({ objective: { kind: "llava-kd" } }, { model: at("student.onnx"), teacher: at(teacher) }).context,
      );
    await expect(run("words.onnx")).rejects.toMatchObject({ code: "DATA_TEACHER_VOCABULARY" });
    await expect(run("layout.onnx")).rejects.toMatchObject({ code: "DATA_TEACHER_LAYOUT" });
    await expect(runConversationTrain(stage({ objective: { kind: "llava-kd" } }).context)).rejects.toMatchObject({
      code: "TEACHER_AND_OBJECTIVE",
    });
  });

  it("learns from a teacher whose tokenizer has another template, and from none that ends answers otherwise", async () => {
    const letters = "abcdefghijklmnopqrstuvwxyz ?";
    const save = (name: string, config: Record<string, unknown>) => {
      const tokenizer = letterTokenizer(letters, config);
      const model = assemble({
        config: {
          ...visionPresets["clip-tiny"],
          projector: { mergeSide: 1 },
          decoder: decoderPresets["qwen-tiny"].decoder,
          vocabularySize: tokenizer.vocabularySize,
        },
        tokenizer,
        weights: new Map(),
        random: ["vision", "projector", "decoder"],
        seed: 3,
      });
      writeFileSync(at(name), writeModel(model, answerGraph(model.config, 8)));
      return at(name);
    };
    const model = save("letters.onnx", { chat_template: "{{ messages }}" });
    const taught = async (teacher: string) => {
      const { context, metrics, remove } = stage(
        { objective: { kind: "llava-kd" }, training: { ...training, numSteps: 10, numTokens: 160 } },
        { model, teacher },
      );
      try {
        await runConversationTrain(context);
        return metrics.get("loss")!.length;
      } finally {
        remove();
      }
    };
    expect(await taught(save("template.onnx", { model_max_length: 32_768 }))).toBe(10);
    await expect(taught(save("stop.onnx", { eos_token: "<|stop|>" }))).rejects.toMatchObject({
      code: "DATA_TEACHER_VOCABULARY",
    });
  });

  it("leaves out a truncated picture where bad records are skipped, and else names what helps", async () => {
    const [whole, cut] = [at("white.png"), at("cut.png")];
    const bytes = readFileSync(whole);
    writeFileSync(cut, bytes.subarray(0, bytes.length / 2));
    const records = JSON.parse(readFileSync(at("data.json"), "utf8")) as { id: string; image?: string }[];
    const withCut = [...records, { ...records[0]!, id: "cut", image: "cut.png" }];
    writeFileSync(at("with-cut.json"), JSON.stringify(withCut));
    const data = { path: at("with-cut.json"), images: dir };
    const few = { ...training, numSteps: 10 };
    const { context, metrics, logs, remove } = stage({ data: { ...data, onBadRecord: "skip" }, training: few });
    await runConversationTrain(context);
    expect(metrics.get("loss")).toHaveLength(10);
    expect(logs.map(({ message }) => message)).toEqual(
      expect.arrayContaining([
        "1 bad records were skipped",
        expect.stringContaining("(record cut): DATA_CORRUPT_IMAGE"),
      ]),
    );
    remove();
    const stopping = stage({ data, training: few });
    await expect(runConversationTrain(stopping.context)).rejects.toMatchObject({
      code: "DATA_CORRUPT_IMAGE",
      fix: expect.stringContaining('onBadRecord "skip"'),
    });
    stopping.remove();
  });

  it("knows its data by content", async () => {
    const reference = conversationTrain.data(stage({}).context.params)!;
    expect(await fingerprintDataset(reference)).toMatch(/^[0-9a-f]{64}$/);
  });
});
