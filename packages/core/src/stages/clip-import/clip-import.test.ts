import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { readClipAda } from "../../methods/clip-ada/model-file.ts";
import { hubImageOnnx, hubSizes, hubTextOnnx } from "../../models/clip/testing-hub-clip.ts";
import { readText } from "../../models/clip/text-file.ts";
import { readTower } from "../../models/clip/tower-file.ts";
import { clipAdaTrain } from "../clip-ada-train/definition.ts";
import { runClipAdaTrain } from "../clip-ada-train/run.ts";
import { testContext } from "../testing-context.ts";
import { clipImport } from "./definition.ts";
import { runClipImport } from "./run.ts";

vi.setConfig({ testTimeout: 120_000 });

const words = ["<|startoftext|>", "<|endoftext|>", "a", "photo", "of", "flawless", "damaged", "object"];
let folder: string;

/** Files as a user has them: two exported towers and a tokenizer. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "retort-clip-"));
  writeFileSync(join(folder, "vision_model.onnx"), hubImageOnnx(1));
  writeFileSync(join(folder, "text_model.onnx"), hubTextOnnx(2, words.length));
  mkdirSync(join(folder, "tokenizer"));
  const tokenizer = {
    version: "1.0",
    added_tokens: words.slice(0, 2).map((content, id) => ({ id, content, special: true, normalized: false })),
    normalizer: { type: "Lowercase" },
    pre_tokenizer: { type: "Whitespace" },
    post_processor: {
      type: "TemplateProcessing",
      single: [{ SpecialToken: { id: words[0], type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
      pair: [],
      special_tokens: { [words[0]!]: { id: words[0], ids: [0], tokens: [words[0]] } },
    },
    decoder: null,
    model: { type: "WordLevel", unk_token: words[1], vocab: Object.fromEntries(words.map((word, id) => [word, id])) },
  };
  writeFileSync(join(folder, "tokenizer", "tokenizer.json"), JSON.stringify(tokenizer));
  writeFileSync(join(folder, "tokenizer", "tokenizer_config.json"), JSON.stringify({ eos_token: words[1] }));
});

afterAll(() => rmSync(folder, { recursive: true }));

const source = () => ({
  source: "onnx",
  image: join(folder, "vision_model.onnx"),
  text: join(folder, "text_model.onnx"),
  vocabulary: join(folder, "tokenizer"),
  headDim: hubSizes.dim / hubSizes.heads,
  imageSizePx: hubSizes.imageSizePx,
});

describe("clip-import", () => {
  it("reads both towers, and the frozen regime learns on them", async () => {
    const imported = testContext(clipImport, { params: { weights: source(), brightness: "none" } });
    await runClipImport(imported.context);
    const tower = readTower(imported.artifacts.get("tower")!.bytes, "tower");
    expect(tower.config).toMatchObject({ kind: "vit", brightness: "none", layers: 2 });
    expect(readText(imported.artifacts.get("text")!.bytes, "text").tokenizer.startIds).toEqual([0]);

    const inputs = Object.fromEntries([...imported.artifacts].map(([name, { path }]) => [name, path]));
    const categories = ["woven-fabric"];
    const sources = [
      { kind: "industrial", categories, imageSizePx: 64, numTrainImages: 4, numTestGood: 1, numTestAnomalous: 1 },
    ];
    const trained = testContext(clipAdaTrain, {
      params: {
        data: { sources },
        method: { regime: "frozen", adapter: "linear", layers: [1, 2], prompt: { numTokens: 2, initStd: 0.1 } },
        // Other than the size that the positions were made for: they are interpolated.
        window: { cropPx: 48 },
        detection: { sizePx: 64 },
        training: { numSteps: 30, batchSize: 4, learningRate: 0.02 },
        validation: { chooses: false },
        threads: 1,
      },
      inputs,
      seed: 1,
    });
    await runClipAdaTrain(trained.context);
    const losses = trained.metrics.get("loss")!;
    const mean = (some: number[]) => some.reduce((sum, value) => sum + value, 0) / some.length;
    expect(mean(losses.slice(-5))).toBeLessThan(mean(losses.slice(0, 5)));
    const model = readClipAda(trained.artifacts.get("model")!.bytes, "model");
    for (const [name, tensor] of tower.weights) {
      const kept = model.weights.get(`image.${name}`);
      if (kept) expect(kept).toEqual(tensor);
    }
    imported.remove();
    trained.remove();
  });

  it("refuses a file that protobuf cannot hold before it reads it, and says what to do", async () => {
    const image = join(folder, "large.onnx");
    writeFileSync(image, "");
    // A hole takes no room on the disk.
    truncateSync(image, 2 ** 31);
    const imported = testContext(clipImport, { params: { weights: { ...source(), image } } });
    await expect(runClipImport(imported.context)).rejects.toMatchObject({
      ...{ code: "MODEL_TOO_LARGE", expected: "at most 2147483647 bytes", got: "2147483648 bytes", where: image },
      fix: expect.stringContaining("external data"),
    });
    imported.remove();
  });

  it("does not train a tower that is not small", async () => {
    const imported = testContext(clipImport, { params: { weights: source() } });
    await runClipImport(imported.context);
    const inputs = Object.fromEntries([...imported.artifacts].map(([name, { path }]) => [name, path]));
    const trained = testContext(clipAdaTrain, { params: { method: { layers: [1] }, threads: 1 }, inputs });
    await expect(runClipAdaTrain(trained.context)).rejects.toMatchObject({ code: "REGIME" });
    imported.remove();
    trained.remove();
  });
});
