import { nn, type Tensor, tensor } from "@retort/engine";
import { compile } from "@retort/engine/node";
import { describe, expect, it } from "vitest";
import { Rng } from "../../base/rng.ts";
import { WordTokenizer } from "../../data/tokenizers/word.ts";
import { type LlavaConfig, llavaConfig } from "./config.ts";
import { answerGraph } from "./generate-graphs.ts";
import { Generator } from "./generator.ts";
import { type LlavaModel, readModel, writeModel } from "./model-file.ts";
import { decoderPresets, visionPresets } from "./presets.ts";
import { IGNORE_LABEL, sftGraph } from "./sft-graph.ts";

const tokenizer = WordTokenizer.fromTexts(["is there a red circle left of the blue square yes no what color ?"]);

const config: LlavaConfig = llavaConfig.parse({
  imageSizePx: 8,
  vision: { patchSizePx: 2, stem: "linear", dim: 8, layers: 1, heads: 2, hidden: 16 },
  projector: { mergeSide: 2 },
  decoder: { dim: 16, layers: 2, heads: 4, kvHeads: 2, hidden: 24, ropeBase: 10_000 },
  vocabularySize: tokenizer.vocabularySize,
});

const rng = Rng.fromSeed(7);

/** The same vocabulary under the layouts of published models. */
const layouts: [string, LlavaConfig][] = [
  ["made here", config],
  ...(
    [
      ["siglip-tiny", "qwen-tiny"],
      ["clip-tiny", "qwen-tiny"],
    ] as const
  ).map(([vision, language]): [string, LlavaConfig] => {
    const { decoder } = decoderPresets[language];
    const sizes = { ...visionPresets[vision], projector: { mergeSide: 1 }, decoder: { ...decoder, headDim: 6 } };
    return [`${vision} before ${language}`, llavaConfig.parse({ ...sizes, vocabularySize: tokenizer.vocabularySize })];
  }),
];

/** Weights far from their small initial values, so that logits differ clearly. */
function randomModel(config: LlavaConfig): LlavaModel {
  const { graph } = sftGraph({ config, batchSize: 1, numTextTokens: 4, seed: 3 });
  const weights = new Map<string, Tensor>();
  for (const [name, { shape, tensor: initial }] of graph.parameters) {
    const values = Array.from({ length: initial!.data.length }, () => rng.normal() * 0.4);
    weights.set(name, tensor("float32", shape, values));
  }
  return { config, tokenizer, weights };
}

const randomPixels = (count: number, sizePx = 8) =>
  Uint8Array.from({ length: count * sizePx ** 2 * 3 }, () => rng.integer(256));
const randomTokens = (count: number) => Array.from({ length: count }, () => rng.integer(tokenizer.vocabularySize));

describe("llava", () => {
  const model = randomModel(config);

  it.each(layouts)("%s: decodes with the cache what the whole model predicts without one", async (_, layout) => {
    const model = randomModel(layout);
    const { imageSizePx: side } = layout;
    const pixels = randomPixels(3, side);
    const questions = [3, 6, 1, 4].map((length, i) => ({ imageIndex: i % 3, tokens: randomTokens(length) }));
    const numNewTokens = 4;
    const settings = { provider: "cpu", threads: 1 } as const;
    const generator = await Generator.create(model, {
      ...settings,
      batchSize: 5,
      imageBatchSize: 2,
      numPromptTokens: 6,
      numNewTokens,
    });
    const answers = await generator.answer(questions, await generator.encodeImages(pixels));
    await generator.dispose();

    const numPromptTokens = 6 + numNewTokens;
    const whole = await compile(answerGraph(layout, numPromptTokens), { ...settings, weights: model.weights });
    const stride = side * side * 3;
    for (const [row, { imageIndex, tokens }] of questions.entries()) {
      const sequence = [...tokens];
      while (sequence.length < tokens.length + numNewTokens) {
        const padded = [...sequence, ...Array<number>(numPromptTokens - sequence.length).fill(tokenizer.padId)];
        const { logits } = await whole.run({
          pixels: tensor("uint8", [1, side, side, 3], pixels.slice(imageIndex * stride, (imageIndex + 1) * stride)),
          tokens: tensor("int64", [1, numPromptTokens], padded),
          lengths: tensor("int64", [1], [sequence.length]),
        });
        const values = [...(logits!.data as Float32Array)];
        const best = values.indexOf(Math.max(...values));
        if (best === tokenizer.eosId) break;
        sequence.push(best);
      }
      expect(answers[row]).toEqual(sequence.slice(tokens.length));
    }
    await whole.dispose();
  });

  it("ends each answer at its own end of text, and all when the last has ended", async () => {
    const questions = [randomTokens(3), randomTokens(5), randomTokens(2)].map((tokens) => ({ imageIndex: 0, tokens }));
    const answersWith = async (eosId: number, numNewTokens: number) => {
      const ending = Object.assign(Object.create(tokenizer) as typeof tokenizer, { eosId });
      const sizes = { batchSize: 4, imageBatchSize: 1, numPromptTokens: 5, numNewTokens };
      const generator = await Generator.create(
        { ...model, tokenizer: ending },
        { ...sizes, provider: "cpu", threads: 1 },
      );
      const answers = await generator.answer(questions, await generator.encodeImages(pixels));
      await generator.dispose();
      return answers;
    };
    const pixels = randomPixels(1);
    const endless = await answersWith(-1, 6);
    expect(endless.map(({ length }) => length)).toEqual([6, 6, 6]);
    expect(await answersWith(-1, 1)).toEqual(endless.map((ids) => ids.slice(0, 1)));
    for (const eosId of new Set(endless.flat())) {
      const cut = endless.map((ids) => (ids.includes(eosId) ? ids.slice(0, ids.indexOf(eosId)) : ids));
      expect(await answersWith(eosId, 6)).toEqual(cut);
    }
  });

  it("answers packed questions as if each stood alone behind the picture", async () => {
    const pixels = randomPixels(1);
    const questions = [randomTokens(3), randomTokens(5), randomTokens(2)];
    const lossOf = async (rows: number[][], numTextTokens: number) => {
      const { graph, loss } = sftGraph({ config, batchSize: 1, numTextTokens, seed: 0 });
      graph.output("loss", loss);
      const fill = (values: number[], pad: number) =>
        tensor("int64", [1, numTextTokens], [...values, ...Array<number>(numTextTokens - values.length).fill(pad)]);
      const program = await compile(graph, { weights: model.weights });
      const out = await program.run({
        pixels: tensor("uint8", [1, 8, 8, 3], pixels),
        tokens: fill(rows.flat(), 0),
        segments: fill(
          rows.flatMap((row, i) => row.map(() => i + 1)),
          0,
        ),
        positions: fill(
          rows.flatMap((row) => [...row.keys()]),
          0,
        ),
        // One label a question, at its last token.
        labels: fill(
          rows.flatMap((row) => row.map((_, i) => (i === row.length - 1 ? 5 : IGNORE_LABEL))),
          IGNORE_LABEL,
        ),
      });
      await program.dispose();
      return (out.loss!.data as Float32Array)[0]!;
    };
    const alone = await Promise.all(questions.map((question) => lossOf([question], 6)));
    const mean = alone.reduce((sum, loss) => sum + loss, 0) / alone.length;
    expect(await lossOf(questions, 12)).toBeCloseTo(mean, 5);
    expect(Math.max(...alone) - Math.min(...alone)).toBeGreaterThan(0.01);
  });

  it("sees the picture: other pixels, other loss", async () => {
    const program = await compile(answerGraph(config, 4), { weights: model.weights });
    const ask = async (pixels: Uint8Array<ArrayBuffer>) => {
      const tokens = tensor("int64", [1, 4], [5, 6, 7, 0]);
      return (
        await program.run({ pixels: tensor("uint8", [1, 8, 8, 3], pixels), tokens, lengths: tensor("int64", [1], [3]) })
      ).logits!.data;
    };
    expect(await ask(randomPixels(1))).not.toEqual(await ask(randomPixels(1)));
    await program.dispose();
  });

  it("comes back from its file with sizes, words and weights", () => {
    const bytes = writeModel(model, answerGraph(config, 6));
    const read = readModel(bytes, "test");
    expect(read.config).toEqual(config);
    expect(read.tokenizer.toJSON()).toEqual(tokenizer.toJSON());
    expect([...read.weights.keys()].sort()).toEqual([...model.weights.keys()].sort());
    for (const [name, { data }] of model.weights) expect(read.weights.get(name)!.data).toEqual(data);
  });

  it("refuses an ONNX file that does not say how it is built", async () => {
    const { exportOnnx, graph } = await import("@retort/engine");
    const g = graph("other");
    g.output("y", nn.linear(nn.scope(g, {}), g.input("x", { dtype: "float32", shape: [1, 2] }), { out: 2 }));
    expect(() => readModel(exportOnnx(g), "model.onnx")).toThrow(/retort.llava.*model.onnx/s);
  });

  it("refuses sizes that do not divide", () => {
    const wrong = { ...config, vision: { ...config.vision, patchSizePx: 3 } };
    expect(() => llavaConfig.parse(wrong)).toThrow(/3 does not divide imageSizePx 8/);
  });
});
