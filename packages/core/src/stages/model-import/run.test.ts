import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hasShared, sharedPath } from "../../../../../scripts/shared.mjs";
import { fingerprintDataset } from "../../data/loaders.ts";
import { readModel } from "../../models/llava/model-file.ts";
import { testContext } from "../testing-context.ts";
import { modelImport } from "./definition.ts";
import { runModelImport } from "./run.ts";

const stories = (name: string) => sharedPath("data", "tinystories-260k", name);

describe("model-import", { timeout: 120_000 }, () => {
  it.skipIf(!hasShared)("leaves a model around a language model of llama2.c", async () => {
    const params = {
      vision: { source: "random", preset: "clip-tiny" },
      language: { source: "llama2c", from: stories("stories260K.bin") },
      tokenizer: { source: "llama2c", from: stories("tok512.bin") },
    };
    const stage = testContext(modelImport, { params, seed: 4 });
    await runModelImport(stage.context);
    const model = readModel(stage.artifacts.get("model")!.bytes, "model");
    expect(model.config).toMatchObject({
      imageSizePx: 32,
      vocabularySize: 512,
      decoder: { layers: 5, tiedHead: true },
    });
    expect(model.tokenizer.encode("Hello")).toEqual([346, 306, 414]);
    expect(stage.artifacts.get("model")!.meta).toMatchObject({ fileName: "model.onnx" });
    const reference = modelImport.data(stage.context.params)!;
    expect(await fingerprintDataset(reference)).toMatch(/^[0-9a-f]{64}$/);
    stage.remove();
  });

  it("draws random parts from the seed", async () => {
    const weightsOf = async (seed: number) => {
      const params = {
        tokenizer: { source: "words", data: { adapter: "scenes", params: { numTrainImages: 4, numTestImages: 1 } } },
      };
      const stage = testContext(modelImport, { params, seed });
      await runModelImport(stage.context);
      stage.remove();
      return readModel(stage.artifacts.get("model")!.bytes, "model").weights.get("projector.fc1.weight")!.data;
    };
    expect(await weightsOf(1)).toEqual(await weightsOf(1));
    expect(await weightsOf(1)).not.toEqual(await weightsOf(2));
  });

  it.skipIf(!hasShared)(
    "refuses a tokenizer that knows more tokens than the model, and a path that is not there",
    async () => {
      const params = {
        language: { source: "llama2c", from: stories("stories260K.bin") },
        tokenizer: { source: "words", data: { adapter: "scenes" } },
      };
      const missing = testContext(modelImport, {
        params: { ...params, language: { source: "llama2c", from: "/nowhere" } },
      });
      await expect(runModelImport(missing.context)).rejects.toMatchObject({
        code: "DATA_PATH_MISSING",
        where: "/nowhere",
      });
      const dir = mkdtempSync(join(tmpdir(), "retort-tokenizer-"));
      const vocab = Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`t${i}`, i]));
      writeFileSync(
        join(dir, "tokenizer.json"),
        JSON.stringify({
          added_tokens: [],
          decoder: null,
          normalizer: null,
          pre_tokenizer: null,
          post_processor: null,
          model: { type: "WordLevel", vocab, unk_token: "t0" },
        }),
      );
      writeFileSync(
        join(dir, "tokenizer_config.json"),
        JSON.stringify({ eos_token: "t1", tokenizer_class: "PreTrainedTokenizerFast" }),
      );
      const wrong = testContext(modelImport, { params: { ...params, tokenizer: { source: "hub", from: dir } } });
      await expect(runModelImport(wrong.context)).rejects.toMatchObject({ code: "DATA_WRONG_VOCABULARY", got: "600" });
      missing.remove();
      wrong.remove();
    },
  );
});
