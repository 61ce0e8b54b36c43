import { describe, expect, it } from "vitest";
import { WordTokenizer } from "../../data/tokenizers/word.ts";
import { assemble } from "../import/assemble.ts";
import { answerGraph } from "./generate-graphs.ts";
import { readModel, writeModel } from "./model-file.ts";
import { decoderPresets, visionPresets } from "./presets.ts";

describe("writeModel", () => {
  const tokenizer = WordTokenizer.fromTexts(["some words"]);
  const { decoder } = decoderPresets["qwen-tiny"];
  const sizes = { ...visionPresets["clip-tiny"], projector: { mergeSide: 1 }, decoder };
  const config = { ...sizes, vocabularySize: tokenizer.vocabularySize };
  const model = assemble({
    config,
    tokenizer,
    weights: new Map(),
    random: ["vision", "projector", "decoder"],
    seed: 1,
  });
  const graph = answerGraph(model.config, 8);

  it("refuses weights that no file takes before it writes any, and says how large they are", () => {
    expect(readModel(writeModel(model, graph), "model").weights).toEqual(model.weights);
    const data = new Float32Array(2 ** 20);
    const block = { dtype: "float32" as const, shape: [2 ** 20], data };
    const weights = new Map(Array.from({ length: 512 }, (_, at) => [`w${at}`, block]));
    expect(() => writeModel({ ...model, weights }, graph)).toThrow(
      expect.objectContaining({
        ...{ code: "MODEL_TOO_LARGE", got: "2147483648 bytes in 512 weights" },
        fix: expect.stringContaining("smaller"),
      }),
    );
  });
});
