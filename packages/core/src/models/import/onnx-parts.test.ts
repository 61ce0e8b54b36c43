import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ort from "onnxruntime-node";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Rng } from "../../base/rng.ts";
import { WordTokenizer } from "../../data/tokenizers/word.ts";
import { conversationTrain } from "../../stages/conversation-train/definition.ts";
import { runConversationTrain } from "../../stages/conversation-train/run.ts";
import { modelImportParams } from "../../stages/model-import/definition.ts";
import { importModel } from "../../stages/model-import/run.ts";
import { testContext } from "../../stages/testing-context.ts";
import { numImageTokens } from "../llava/config.ts";
import { answerGraph } from "../llava/generate-graphs.ts";
import { Generator } from "../llava/generator.ts";
import { type LlavaModel, readModel, writeModel } from "../llava/model-file.ts";
import { sftGraph } from "../llava/sft-graph.ts";

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}.onnx`, import.meta.url));
const host = { signal: new AbortController().signal, progress: () => {} };
const tokenizer = WordTokenizer.fromTexts(["what color is it red blue lime white"]);
const sizePx = 16;

let model: LlavaModel;
let dir: string;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "retort-onnx-parts-"));
  const params = modelImportParams.parse({
    vision: { source: "onnx", from: fixture("vision_model"), imageSizePx: sizePx },
    projector: { source: "onnx", from: fixture("projector") },
    language: { source: "onnx", from: fixture("decoder_model_merged"), embedding: fixture("embed_tokens") },
    tokenizer: { source: "words", data: { adapter: "scenes", params: { numTrainImages: 1, numTestImages: 1 } } },
  });
  // The words of generated scenes are more than the file has embeddings of.
  await expect(importModel(params, { seed: 0, host })).rejects.toMatchObject({ code: "DATA_WRONG_VOCABULARY" });
  const folder = join(dir, "tokenizer");
  writeTokenizer(folder);
  model = await importModel({ ...params, tokenizer: { source: "hub", from: folder } }, { seed: 0, host });
});
afterAll(() => rmSync(dir, { recursive: true }));

/** The words of `tokenizer`, under its ids, as a hub's file. */
function writeTokenizer(folder: string): void {
  const { words } = tokenizer.toJSON();
  const vocab = Object.fromEntries(
    ["<pad>", "<bos>", "<eos>", "<unk>", "<image>", ...words].map((word, id) => [word, id]),
  );
  mkdirSync(folder, { recursive: true });
  const split = { type: "Whitespace" };
  const file = {
    added_tokens: [],
    decoder: null,
    normalizer: null,
    pre_tokenizer: split,
    post_processor: null,
    model: { type: "WordLevel", vocab, unk_token: "<unk>" },
  };
  writeFileSync(join(folder, "tokenizer.json"), JSON.stringify(file));
  writeFileSync(
    join(folder, "tokenizer_config.json"),
    JSON.stringify({ eos_token: "<eos>", pad_token: "<pad>", tokenizer_class: "PreTrainedTokenizerFast" }),
  );
}

/** Greedy decoding of the files themselves, with a cache that grows. */
async function answerOf(pixels: Uint8Array, tokens: number[], numNewTokens: number): Promise<number[]> {
  const session = (name: string) => ort.InferenceSession.create(fixture(name));
  const [vision, projector, embed, decoder] = (await Promise.all(
    ["vision_model", "projector", "embed_tokens", "decoder_model_merged"].map(session),
  )) as [ort.InferenceSession, ort.InferenceSession, ort.InferenceSession, ort.InferenceSession];
  const planes = Float32Array.from({ length: pixels.length }, (_, i) => {
    const [channel, place] = [Math.floor(i / sizePx ** 2), i % sizePx ** 2];
    return (pixels[place * 3 + channel]! / 255 - 0.5) / 0.5;
  });
  const { last_hidden_state } = await vision.run({
    pixel_values: new ort.Tensor("float32", planes, [1, 3, sizePx, sizePx]),
  });
  const { projected } = await projector.run({ image_features: last_hidden_state! });
  const int64 = (values: number[]) => new ort.Tensor("int64", BigInt64Array.from(values, BigInt), [1, values.length]);
  const embedded = async (ids: number[]) =>
    (await embed.run({ input_ids: int64(ids) })).inputs_embeds!.data as Float32Array;
  const image = projected!.data as Float32Array;
  let x = Float32Array.from([...image, ...(await embedded(tokens))]);
  let past: Record<string, ort.Tensor> = Object.fromEntries(
    [0, 1].flatMap((layer) =>
      ["key", "value"].map((kind) => [
        `past_key_values.${layer}.${kind}`,
        new ort.Tensor("float32", new Float32Array(0), [1, 2, 0, 6]),
      ]),
    ),
  );
  const ids: number[] = [];
  for (let total = x.length / 12, length = total; ; length = 1) {
    const out = await decoder.run({
      inputs_embeds: new ort.Tensor("float32", x, [1, length, 12]),
      attention_mask: int64(Array<number>(total).fill(1)),
      position_ids: int64(Array.from({ length }, (_, i) => total - length + i)),
      ...past,
    });
    const logits = [...(out.logits!.data as Float32Array).subarray((length - 1) * 19)];
    const best = logits.indexOf(Math.max(...logits));
    if (best === tokenizer.eosId) return ids;
    ids.push(best);
    if (ids.length === numNewTokens) return ids;
    past = Object.fromEntries(
      Object.entries(out)
        .filter(([name]) => name.startsWith("present"))
        .map(([name, value]) => [name.replace("present", "past_key_values"), value]),
    );
    x = Float32Array.from(await embedded([best]));
    total++;
  }
}

describe("parts as hubs export them to ONNX", { timeout: 120_000 }, () => {
  it("decode together, in batches with our cache, what the files give one by one", async () => {
    expect(model.config).toMatchObject({ imageSizePx: sizePx, vocabularySize: 19, decoder: { layers: 2, kvHeads: 2 } });
    expect(numImageTokens(model.config)).toBe(4);
    const rng = Rng.fromSeed(1);
    const questions = [[5, 6, 7], [9], [8, 7, 6, 5]];
    const pixels = Uint8Array.from({ length: questions.length * sizePx ** 2 * 3 }, () => rng.integer(256));
    const settings = {
      batchSize: 4,
      imageBatchSize: 2,
      numPromptTokens: 5,
      numNewTokens: 6,
      provider: "cpu",
      threads: 1,
    } as const;
    const generator = await Generator.create(model, settings);
    const answers = await generator.answer(
      questions.map((tokens, imageIndex) => ({ imageIndex, tokens })),
      await generator.encodeImages(pixels),
    );
    await generator.dispose();
    const stride = sizePx ** 2 * 3;
    for (const [i, tokens] of questions.entries()) {
      expect(answers[i]).toEqual(await answerOf(pixels.slice(i * stride, (i + 1) * stride), tokens, 6));
    }
    expect(new Set(answers.map(String)).size).toBeGreaterThan(1);
  });

  it("learn as parts of our graph, or stay frozen, and come back from the model's file", async () => {
    const colors = ["red", "blue", "lime", "white"];
    for (const background of colors) {
      await sharp({ create: { width: sizePx, height: sizePx, channels: 3, background } })
        .png()
        .toFile(join(dir, `${background}.png`));
    }
    const turn = (answer: string) => [
      { from: "human", value: "<image> what color is it" },
      { from: "gpt", value: answer },
    ];
    const records = colors.map((color) => ({ id: color, image: `${color}.png`, conversations: turn(color) }));
    writeFileSync(join(dir, "data.json"), JSON.stringify(records));
    writeFileSync(join(dir, "model.onnx"), writeModel(model, answerGraph(model.config, 8)));
    const run = async (trainable: string, more: object) => {
      const training = {
        numSteps: 40,
        batchSize: 4,
        numTokens: 16,
        packed: false,
        learningRate: 1e-2,
        stepsPerRun: 10,
        ...more,
      };
      const params = { data: { path: join(dir, "data.json"), images: dir }, template: "bare", trainable, training };
      const stage = testContext(conversationTrain, { params, inputs: { model: join(dir, "model.onnx") } });
      await runConversationTrain(stage.context);
      stage.remove();
      return { losses: stage.metrics.get("loss")!, model: readModel(stage.artifacts.get("model")!.bytes, "model") };
    };
    const all = await run("all", {});
    expect(all.losses.at(-1)!).toBeLessThan(all.losses[0]! / 10);
    const aligned = await run("projector", { numSteps: 10 });
    const changed = [...model.weights].filter(([name, { data }]) =>
      aligned.model.weights.get(name)!.data.some((value, i) => value !== data[i]),
    );
    expect(changed.map(([name]) => name).sort()).toEqual(
      ["linear_1.bias", "linear_1.weight", "linear_2.bias", "linear_2.weight"].map((name) => `projector.${name}`),
    );
    await expect(run("all", { packed: true })).rejects.toMatchObject({ code: "IMPORTED_DECODER_MASK" });
  });

  it("cannot be packed behind a picture", () => {
    expect(() => sftGraph({ config: model.config, batchSize: 1, numTextTokens: 8, seed: 0 })).toThrow(
      expect.objectContaining({ code: "IMPORTED_DECODER_MASK" }),
    );
  });

  it("are refused where they are of another form", async () => {
    const params = (more: object) =>
      modelImportParams.parse({
        vision: { source: "onnx", from: fixture("vision_model"), imageSizePx: sizePx },
        tokenizer: { source: "hub", from: join(dir, "tokenizer") },
        ...more,
      });
    const importing = (more: object) => importModel(params(more), { seed: 0, host });
    const wrong = { code: "DATA_IMPORTED_GRAPH" };
    await expect(importing({ vision: { source: "onnx", from: fixture("projector") } })).rejects.toMatchObject(wrong);
    await expect(
      importing({ vision: { source: "onnx", from: fixture("vision_model"), imageSizePx: sizePx, output: "pooled" } }),
    ).rejects.toMatchObject(wrong);
    await expect(
      importing({ projector: { source: "onnx", from: fixture("decoder_model_merged") } }),
    ).rejects.toMatchObject(wrong);
    const language = { source: "onnx", from: fixture("embed_tokens"), embedding: fixture("embed_tokens") };
    await expect(importing({ language })).rejects.toThrow(/inputs_embeds/);
    const broken = join(dir, "broken.onnx");
    writeFileSync(broken, readFileSync(fixture("projector")).subarray(0, 100));
    await expect(importing({ projector: { source: "onnx", from: broken } })).rejects.toMatchObject({
      code: "NOT_ONNX",
    });
  });
});
