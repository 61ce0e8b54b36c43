import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fingerprintDataset } from "../../data/loaders.ts";
import { WordTokenizer } from "../../data/tokenizers/word.ts";
import { assemble } from "../../models/import/assemble.ts";
import { answerGraph } from "../../models/llava/generate-graphs.ts";
import { writeModel } from "../../models/llava/model-file.ts";
import { decoderPresets, visionPresets } from "../../models/llava/presets.ts";
import { testContext } from "../testing-context.ts";
import { benchmarkEvaluate } from "./definition.ts";
import { runBenchmarkEvaluate } from "./run.ts";

let dir: string;
const at = (name: string) => join(dir, name);

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "retort-benchmark-stage-"));
  for (const [name, background] of [
    ["a.jpg", "#f00"],
    ["b.jpg", "#00f"],
  ] as const) {
    await sharp({ create: { width: 20, height: 12, channels: 3, background } })
      .jpeg()
      .toFile(at(name));
  }
  const bytes = readFileSync(at("a.jpg"));
  writeFileSync(at("cut.jpg"), bytes.subarray(0, bytes.length / 2));
  const line = (question_id: number, image: string, label: string) =>
    JSON.stringify({ question_id, image, text: `Is there a ${image[0]} in the image?`, label });
  writeFileSync(
    at("coco_pope_random.json"),
    [line(1, "a.jpg", "yes"), line(2, "b.jpg", "no"), line(3, "cut.jpg", "no"), line(4, "gone.jpg", "no")].join("\n"),
  );
  writeFileSync(at("viz.json"), JSON.stringify([{ image: "b.jpg", question: "What is it?" }]));
  const problem = { choices: ["yes", "no"], answer: 0, hint: "", split: "test" };
  writeFileSync(at("problems.json"), JSON.stringify({ "1": { ...problem, question: "Is it?", image: null } }));
  const tokenizer = WordTokenizer.fromTexts([
    "is there a b in the image ? answer question using single word or phrase yes no",
  ]);
  const config = {
    ...visionPresets["clip-tiny"],
    picture: { fit: "pad" as const },
    projector: { mergeSide: 1 },
    decoder: decoderPresets["qwen-tiny"].decoder,
    vocabularySize: tokenizer.vocabularySize,
  };
  const model = assemble({
    config,
    tokenizer,
    weights: new Map(),
    random: ["vision", "projector", "decoder"],
    seed: 5,
  });
  writeFileSync(at("model.onnx"), writeModel(model, answerGraph(model.config, 8)));
});
afterAll(() => rmSync(dir, { recursive: true }));

const pope = (onBadRecord: string) => ({ benchmark: "pope", params: { folder: dir, images: dir, onBadRecord } });
const stage = (params: object) =>
  testContext(benchmarkEvaluate, {
    params: { numNewTokens: 3, batchSize: 2, ...params },
    inputs: { model: at("model.onnx") },
  });

describe("benchmark-evaluate", { timeout: 120_000 }, () => {
  it("scores what has answers, writes what a server wants, and lists the pictures it could not read", async () => {
    const benchmarks = [
      pope("skip"),
      { benchmark: "vizwiz", params: { questions: at("viz.json"), images: dir } },
      { benchmark: "scienceqa", params: { problems: at("problems.json"), images: dir } },
    ];
    const { context, evaluations, artifacts, logs, remove } = stage({ benchmarks, template: "phi" });
    await runBenchmarkEvaluate(context);
    expect(evaluations.map(({ dataset, samples }) => [dataset, samples.length])).toEqual([
      ["pope", 2],
      ["scienceqa", 1],
    ]);
    const [first] = evaluations;
    expect(first!.metrics).toMatchObject({ benchmarkScore: expect.any(Number), "random f1": expect.any(Number) });
    expect(first!.samples[0]).toMatchObject({
      sampleId: "random/1",
      clusterId: "a.jpg",
      detail: { expected: "yes", category: "random" },
    });
    expect(first!.samples[0]!.imagePng).toBeInstanceOf(Uint8Array);
    const skipped = logs.filter(({ level }) => level === "warn").map(({ message }) => message);
    expect(skipped).toEqual([
      "pope: 2 questions were skipped",
      expect.stringContaining("random/3: DATA_CORRUPT_IMAGE"),
      expect.stringContaining("random/4: DATA_MISSING_IMAGE"),
    ]);
    const sent = JSON.parse(artifacts.get("submission-vizwiz")!.bytes.toString()) as object[];
    expect(sent).toMatchObject([{ image: "b.jpg", answer: expect.any(String) }]);
    const answers = artifacts.get("answers")!.bytes.toString().trim().split("\n");
    expect(answers.map((line) => (JSON.parse(line) as { benchmark: string }).benchmark)).toEqual([
      "pope",
      "pope",
      "vizwiz",
      "scienceqa",
    ]);
    expect(await fingerprintDataset(benchmarkEvaluate.data(context.params)!)).toMatch(/^[0-9a-f]{64}$/);
    remove();
  });

  it("says how many questions have no truth where others have one, and scores the others alone", async () => {
    const question = (question_id: number, question: string) => ({ question_id, image_id: "a", question });
    const data = [
      { ...question(1, "Is there a b?"), answers: Array<string>(10).fill("no") },
      question(2, "Is there a?"),
    ];
    writeFileSync(at("textvqa.json"), JSON.stringify({ data }));
    const benchmarks = [{ benchmark: "textvqa", params: { questions: at("textvqa.json"), images: dir } }];
    const { context, evaluations, logs, remove } = stage({ benchmarks });
    await runBenchmarkEvaluate(context);
    expect(evaluations.map(({ samples, metrics }) => [samples.length, metrics.numUnscored])).toEqual([[1, 1]]);
    expect(logs).toContainEqual({
      level: "warn",
      message: expect.stringMatching(/^textvqa: 1 of 2 questions have no answer/),
    });
    remove();
  });

  it("gives no score of MME when tasks are missing, and names them", async () => {
    mkdirSync(at("mme/count"), { recursive: true });
    copyFileSync(at("a.jpg"), at("mme/count/1.jpg"));
    writeFileSync(at("mme/count/1.txt"), "Is there a b? Please answer yes or no.\tYes\n");
    const { context, evaluations, logs, remove } = stage({
      benchmarks: [{ benchmark: "mme", params: { folder: at("mme") } }],
    });
    await runBenchmarkEvaluate(context);
    expect(evaluations.map(({ metrics }) => Object.keys(metrics))).toEqual([["count points"]]);
    expect(logs).toContainEqual({
      level: "warn",
      message: expect.stringMatching(/^mme: no question of the tasks existence, position, .*code_reasoning;/),
    });
    expect(logs.map(({ message }) => message)).toContainEqual(expect.stringMatching(/^avg7 needs .*mme/));
    remove();
  });

  it("stops at a picture that is cut off unless told to skip", async () => {
    const { context, remove } = stage({ benchmarks: [pope("error")] });
    await expect(runBenchmarkEvaluate(context)).rejects.toMatchObject({
      code: "DATA_CORRUPT_IMAGE",
      where: at("cut.jpg"),
    });
    remove();
  });

  it("answers the same whatever the batch", async () => {
    const given = async (batchSize: number) => {
      const { context, artifacts, remove } = stage({ benchmarks: [pope("skip")], batchSize, suffix: "none" });
      await runBenchmarkEvaluate(context);
      remove();
      return artifacts.get("answers")!.bytes.toString();
    };
    expect(await given(1)).toBe(await given(4));
  });
});
