import ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { Rng } from "../../base/rng.ts";
import { WordTokenizer } from "../../data/tokenizers/word.ts";
import { assemble } from "../import/assemble.ts";
import { exportParts, type PartsDescription } from "./export-parts.ts";
import { Generator } from "./generator.ts";
import { modelCard } from "./model-card.ts";
import { decoderPresets, visionPresets } from "./presets.ts";

const tokenizer = WordTokenizer.fromTexts(["one two three four five six seven eight nine ten eleven twelve"]);
const rng = Rng.fromSeed(2);
const drawn = assemble({
  config: {
    ...visionPresets["clip-tiny"],
    projector: { mergeSide: 1 },
    decoder: decoderPresets["qwen-tiny"].decoder,
    vocabularySize: tokenizer.vocabularySize,
  },
  tokenizer,
  weights: new Map(),
  random: ["vision", "projector", "decoder"],
  seed: 6,
});
// Far from the small initial values, so that answers differ.
const weights = new Map(
  [...drawn.weights].map(([name, held]) => [
    name,
    name.includes("norm")
      ? held
      : { ...held, data: Float32Array.from(held.data as Float32Array, () => rng.normal() * 0.5) },
  ]),
);
const model = { ...drawn, weights };
const options = { numPromptTokens: 6, numNewTokens: 5, imagesPerPrompt: 1 };
const files = exportParts(model, options);
const bytes = (name: string) => files.find((file) => file.name === name)!.contents as Uint8Array;
const parts = JSON.parse(files.find(({ name }) => name === "parts.json")!.contents as string) as PartsDescription;

const questions = [[5, 6, 7], [9], [10, 11, 12, 13, 14, 15]];
const sizePx = model.config.imageSizePx;
const pixels = Uint8Array.from({ length: questions.length * sizePx ** 2 * 3 }, () => rng.integer(256));

/** Greedy decoding by ONNX Runtime alone, as the model card describes it. */
async function answer(index: number, merged: boolean): Promise<number[]> {
  const session = (name: string) => ort.InferenceSession.create(bytes(name));
  const int64 = (shape: number[], values: number[]) =>
    new ort.Tensor("int64", BigInt64Array.from(values, BigInt), shape);
  const [vision, projector] = [await session("vision.onnx"), await session("projector.onnx")];
  const picture = pixels.slice(index * sizePx ** 2 * 3, (index + 1) * sizePx ** 2 * 3);
  const { features } = await vision.run({ pixels: new ort.Tensor("uint8", picture, [1, sizePx, sizePx, 3]) });
  const { image } = await projector.run({ features: features! });
  const { promptSlots: P, cacheSlots: S, imageTokensPerPicture: I, padId, eosId } = parts;
  const tokens = Array<number>(P).fill(padId);
  const featureIndex = Array<number>(P).fill(-1);
  for (let i = 0; i < I; i++) featureIndex[i] = i;
  questions[index]!.forEach((id, i) => {
    tokens[I + i] = id;
  });
  const length = I + questions[index]!.length;
  const width = image!.dims[2]!;
  const prompt: Record<string, ort.Tensor> = {
    features: new ort.Tensor("float32", image!.data as Float32Array, [I, width]),
    tokens: int64([1, P], tokens),
    feature_index: int64([1, P], featureIndex),
    lengths: int64([1], [length]),
  };
  const prefill = await session(merged ? "decoder_merged.onnx" : "decoder_prefill.onnx");
  const step = merged ? prefill : await session("decoder_step.onnx");
  const { heads, kvHeads, dim } = model.config.decoder;
  const zeros = Object.fromEntries(
    Array.from({ length: parts.layers }, (_, layer) =>
      ["keys", "values"].map((kind) => [
        `${kind}.${layer}`,
        new ort.Tensor("float32", new Float32Array((kvHeads * S * dim) / heads), [1, kvHeads, S, dim / heads]),
      ]),
    ).flat() as [string, ort.Tensor][],
  );
  const visible = new Uint8Array(S).fill(1, 0, length);
  const stepInputs = (token: number, at: number, slot: number) => ({
    token: int64([1, 1], [token]),
    positions: int64([1, 1], [at]),
    slot: int64([1], [slot]),
    visible: new ort.Tensor("bool", visible, [1, S]),
  });
  const flag = (on: boolean): Record<string, ort.Tensor> =>
    merged ? { use_cache: new ort.Tensor("bool", [on], [1]) } : {};
  let out = await prefill.run({ ...prompt, ...(merged && { ...stepInputs(0, 0, 0), ...zeros }), ...flag(false) });
  const ids: number[] = [];
  for (let n = 0; n < options.numNewTokens; n++) {
    const logits = [...(out.logits!.data as Float32Array)];
    const best = logits.indexOf(Math.max(...logits));
    if (best === eosId) break;
    ids.push(best);
    if (n === options.numNewTokens - 1) break;
    visible[P + n] = 1;
    const caches = Object.fromEntries(
      Object.entries(out)
        .filter(([name]) => name !== "logits")
        .map(([name, value]) => [name.replace("new_", ""), value]),
    );
    out = await step.run({ ...(merged && prompt), ...stepInputs(best, length + n, P + n), ...caches, ...flag(true) });
  }
  return ids;
}

describe("a model as one file a part", { timeout: 120_000 }, () => {
  it("gives the same answers in plain ONNX Runtime, in parts and with the merged decoder", async () => {
    const generator = await Generator.create(model, {
      ...options,
      batchSize: 3,
      imageBatchSize: 3,
      provider: "cpu",
      threads: 1,
    });
    const expected = await generator.answer(
      questions.map((ids, imageIndex) => ({ imageIndex, tokens: ids })),
      await generator.encodeImages(pixels),
    );
    await generator.dispose();
    expect(new Set(expected.map(String)).size).toBe(questions.length);
    for (const merged of [false, true]) {
      for (const [index, ids] of expected.entries()) expect(await answer(index, merged)).toEqual(ids);
    }
  });

  it("holds the weights of the merged decoder once", () => {
    expect(bytes("decoder_merged.onnx").length).toBeLessThan(1.4 * bytes("decoder_prefill.onnx").length);
  });

  it("comes with its tokenizer and a card made from its lineage", () => {
    expect(files.map(({ name }) => name)).toContain("tokenizer.word.json");
    const stage = {
      kind: "conversation-train",
      title: "Training",
      seed: 1,
      params: { template: "phi" },
      dataFingerprint: "f".repeat(64),
      earlier: null,
    };
    const taught = { ...stage, name: "tuning", contentKey: "k2".repeat(32), inputs: [] };
    const earlier = { run: { id: "run-0", name: "A large one" }, stages: [taught] };
    const card = modelCard(
      model,
      {
        run: { id: "run-1", name: "A student", recipe: "llava-files", seed: 3, params: { steps: [] } },
        model: { stage: "dft", sha256: "abc" },
        stages: [
          {
            ...stage,
            name: "import",
            kind: "model-import",
            contentKey: "k1".repeat(32),
            dataFingerprint: null,
            inputs: [],
          },
          { ...stage, name: "teacher", contentKey: "k2".repeat(32), inputs: [], earlier },
          {
            ...stage,
            name: "dft",
            contentKey: "k3".repeat(32),
            inputs: [
              { name: "model", stageName: "import", artifactName: "model" },
              { name: "teacher", stageName: "teacher", artifactName: "model" },
            ],
          },
          {
            ...stage,
            name: "evaluate",
            contentKey: "k4".repeat(32),
            inputs: [{ name: "model", stageName: "dft", artifactName: "model" }],
          },
          {
            ...stage,
            name: "other",
            contentKey: "k5".repeat(32),
            inputs: [{ name: "model", stageName: "import", artifactName: "model" }],
          },
        ],
        evaluations: [
          {
            stageName: "evaluate",
            dataset: "pope",
            split: "test",
            condition: "full",
            numSamples: 9,
            metrics: { benchmarkScore: 0.859 },
          },
          {
            stageName: "other",
            dataset: "gqa",
            split: "test",
            condition: "full",
            numSamples: 9,
            metrics: { benchmarkScore: 0.1 },
          },
        ],
      },
      files,
    );
    for (const part of [
      "recipe `llava-files` with seed 3",
      "`teacher` was taken from run `run-0` (A large one)",
      "| tuning | conversation-train | - | 1 | `k2k2k2k2k2k2k2k2`",
      "| dft | conversation-train | import, teacher | 1 | `k3k3k3k3k3k3k3k3` | `ffff",
      "Stage `dft` learnt from `model` of `teacher`.",
      "| pope/test | full | 9 | benchmarkScore | 0.859000 |",
      "decoder_merged.onnx",
      '"template": "phi"',
    ])
      expect(card).toContain(part);
    expect(card).not.toContain("gqa");
    expect(card).not.toContain("| evaluate |");
  });
});
