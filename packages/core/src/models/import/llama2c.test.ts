import { readFileSync } from "node:fs";
import { tensor } from "@retort/engine";
import { compile } from "@retort/engine/node";
import { describe, expect, it } from "vitest";
import { hasShared, sharedPath } from "../../../../../scripts/shared.mjs";
import { Llama2cTokenizer } from "../../data/tokenizers/llama2c.ts";
import { llavaConfig } from "../llava/config.ts";
import { prefillGraph } from "../llava/generate-graphs.ts";
import { Generator, noImages } from "../llava/generator.ts";
import { decoderPresets, visionPresets } from "../llava/presets.ts";
import { readLlama2c } from "./llama2c.ts";

interface Oracle {
  greedy: { prompt: string; steps: number; promptIds: number[]; generatedIds: number[]; text: string }[];
  logits: { ids: number[]; first8: number[]; argmax: number; min: number; max: number; sum: number };
}

const file = (name: string) => readFileSync(sharedPath("data", "tinystories-260k", name));

describe.skipIf(!hasShared)("stories260K", () => {
  const oracle = JSON.parse(file("oracle.json").toString()) as Oracle;
  const tokenizer = new Llama2cTokenizer(file("tok512.bin"));
  const read = readLlama2c(file("stories260K.bin"), "stories260K.bin");
  const config = llavaConfig.parse({
    ...visionPresets["siglip-tiny"],
    projector: { mergeSide: 1 },
    decoder: read.decoder,
    vocabularySize: read.vocabularySize,
  });
  const model = { config, tokenizer, weights: read.weights };

  it("has the sizes of its preset", () => {
    expect(config.decoder).toMatchObject(decoderPresets["stories-260k"].decoder);
  });

  it("gives the reference logits", async () => {
    const { ids, first8, argmax, min, max, sum } = oracle.logits;
    const options = { config, batchSize: 1, imagesPerPrompt: 0, numPromptTokens: ids.length, numNewTokens: 1 };
    const program = await compile(prefillGraph(options), { weights: model.weights });
    const { logits } = await program.run({
      features: tensor("float32", [1, 64], new Float32Array(64)),
      tokens: tensor("int64", [1, ids.length], ids),
      feature_index: tensor("int64", [1, ids.length], Array<number>(ids.length).fill(-1)),
      lengths: tensor("int64", [1], [ids.length]),
    });
    await program.dispose();
    const values = [...(logits!.data as Float32Array)];
    first8.forEach((expected, i) => {
      expect(values[i]).toBeCloseTo(expected, 4);
    });
    expect(values.indexOf(Math.max(...values))).toBe(argmax);
    expect(Math.min(...values)).toBeCloseTo(min, 4);
    expect(Math.max(...values)).toBeCloseTo(max, 4);
    expect(values.reduce((total, value) => total + value, 0)).toBeCloseTo(sum, 1);
  });

  it("tells the reference stories, decoded together with a cache", async () => {
    const numNewTokens = Math.max(...oracle.greedy.map(({ generatedIds }) => generatedIds.length));
    const generator = await Generator.create(model, {
      batchSize: oracle.greedy.length,
      imageBatchSize: 1,
      imagesPerPrompt: 0,
      numPromptTokens: Math.max(...oracle.greedy.map(({ promptIds }) => promptIds.length)),
      numNewTokens,
      provider: "cpu",
      threads: 1,
    });
    const told = await generator.generate(
      oracle.greedy.map(({ prompt }) => [{ tokens: [...tokenizer.startIds, ...tokenizer.encode(prompt)] }]),
      noImages,
    );
    await generator.dispose();
    oracle.greedy.forEach(({ promptIds, generatedIds, text }, row) => {
      const ids = told[row]!.slice(0, generatedIds.length);
      expect(ids).toEqual(generatedIds);
      expect(tokenizer.decode([...promptIds, ...ids])).toBe(text);
    });
  });

  it("refuses a file that is cut off", () => {
    expect(() => readLlama2c(file("stories260K.bin").subarray(0, 5000), "cut.bin")).toThrow(
      expect.objectContaining({ code: "DATA_BAD_CHECKPOINT", where: "cut.bin" }),
    );
  });
});
