// [node]
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Tensor } from "@retort/engine";
import { loadDataset } from "../../data/loaders.ts";
import { openFolder, requireFile, type SourceHost } from "../../data/sources/folder.ts";
import { readWhole } from "../../data/sources/whole-file.ts";
import { hubTokenizerFrom } from "../../data/tokenizers/files.ts";
import { Llama2cTokenizer } from "../../data/tokenizers/llama2c.ts";
import type { Tokenizer } from "../../data/tokenizers/tokenizer.ts";
import { WordTokenizer } from "../../data/tokenizers/word.ts";
import { assemble } from "../../models/import/assemble.ts";
import {
  decoderFromCheckpoint,
  projectorFromCheckpoint,
  visionFromCheckpoint,
} from "../../models/import/checkpoint.ts";
import { readLlama2c } from "../../models/import/llama2c.ts";
import { decoderFromOnnx, projectorFromOnnx, visionFromOnnx } from "../../models/import/onnx-parts.ts";
import { type LlavaConfigInput, llavaConfig, numVisionFeatures } from "../../models/llava/config.ts";
import { answerGraph } from "../../models/llava/generate-graphs.ts";
import { type LlavaModel, writeModel } from "../../models/llava/model-file.ts";
import { decoderPresets, visionPresets } from "../../models/llava/presets.ts";
import type { StageContext } from "../stage.ts";
import type { ModelImportParams } from "./definition.ts";

/** Text slots of the graph inside the file; stages build their own graphs around its weights. */
const EXPORTED_PROMPT_TOKENS = 64;

export async function runModelImport(context: StageContext<ModelImportParams>): Promise<void> {
  const model = await importModel(context.params, { seed: context.seed, host: context });
  const numParameters = [...model.weights.values()].reduce((sum, { data }) => sum + data.length, 0);
  const { config, tokenizer } = model;
  context.log(
    "info",
    `${numParameters} parameters; pictures of ${config.imageSizePx} px; ${config.vocabularySize} tokens, ${tokenizer.vocabularySize} of them the tokenizer's`,
  );
  const path = join(context.workDir, "model.onnx");
  await writeFile(path, writeModel(model, answerGraph(config, EXPORTED_PROMPT_TOKENS)));
  await context.artifact("model", path, { fileName: "model.onnx", numParameters });
}

/** @throws DataError for a file that is missing, damaged or of another form, and for parts that do not fit together */
export async function importModel(
  params: ModelImportParams,
  { seed, host }: { seed: number; host: SourceHost },
): Promise<LlavaModel> {
  const tokenizer = await tokenizerOf(params.tokenizer, host);
  const vision = await visionOf(params.vision, host);
  const language = await languageOf(params.language, tokenizer, host);
  const projector = await projectorOf(params.projector, vision, host);
  const random = (["vision", "projector"] as const).filter((part) => params[part].source === "random");
  return assemble({
    config: {
      imageSizePx: vision.imageSizePx,
      picture: params.picture,
      vision: vision.vision,
      projector: projector.projector,
      decoder: language.decoder,
      vocabularySize: language.vocabularySize,
    },
    tokenizer,
    weights: new Map([...vision.weights, ...projector.weights, ...language.weights]),
    random: params.language.source === "random" ? [...random, "decoder"] : random,
    seed,
  });
}

type VisionPart = Pick<LlavaConfigInput, "imageSizePx" | "vision"> & { weights: Map<string, Tensor> };

async function projectorOf(
  source: ModelImportParams["projector"],
  { imageSizePx, vision }: VisionPart,
  host: SourceHost,
): Promise<{ projector: LlavaConfigInput["projector"]; weights: Map<string, Tensor> }> {
  switch (source.source) {
    case "random":
      return { projector: { mergeSide: source.mergeSide }, weights: new Map() };
    case "checkpoint":
      return {
        projector: { mergeSide: 1 },
        weights: await projectorFromCheckpoint(await openFolder(source.from, host)),
      };
    case "onnx": {
      const complete = llavaConfig.shape.vision.parse(vision);
      const features = [numVisionFeatures({ imageSizePx, vision: complete }), vision.dim] as const;
      const { graph, weights } = await projectorFromOnnx(await openFolder(source.from, host), features);
      return { projector: { mergeSide: 1, graph }, weights };
    }
  }
}

async function visionOf(vision: ModelImportParams["vision"], host: SourceHost): Promise<VisionPart> {
  if (vision.source === "random") return { ...visionPresets[vision.preset], weights: new Map<string, Tensor>() };
  if (vision.source === "onnx") return visionFromOnnx(await openFolder(vision.from, host), vision);
  const dropFirst = vision.dropFirst === "class-token" ? vision.dropFirst : vision.dropFirst === "always";
  return visionFromCheckpoint(await openFolder(vision.from, host), { featureLayer: vision.featureLayer, dropFirst });
}

async function languageOf(language: ModelImportParams["language"], tokenizer: Tokenizer, host: SourceHost) {
  switch (language.source) {
    case "random":
      // Nothing has been learnt about any token: the vocabulary is the tokenizer's.
      return {
        decoder: decoderPresets[language.preset].decoder,
        vocabularySize: tokenizer.vocabularySize,
        weights: new Map<string, Tensor>(),
      };
    case "checkpoint":
      return decoderFromCheckpoint(await openFolder(language.from, host));
    case "onnx":
      return decoderFromOnnx(await openFolder(language.from, host), await openFolder(language.embedding, host));
    case "llama2c": {
      const path = await fileAt(language.from, host);
      return readLlama2c(await readWhole(path), path);
    }
  }
}

async function tokenizerOf(source: ModelImportParams["tokenizer"], host: SourceHost): Promise<Tokenizer> {
  switch (source.source) {
    case "hub":
      return hubTokenizerFrom(await openFolder(source.from, host));
    case "llama2c": {
      const path = await fileAt(source.from, host);
      return new Llama2cTokenizer(await readWhole(path), path);
    }
    case "words": {
      const { train } = await loadDataset(source.data, host.signal);
      return WordTokenizer.fromTexts(train.records.flatMap(({ question, answer }) => [question, answer]));
    }
  }
}

/** The one file that a location names. */
async function fileAt(location: string, host: SourceHost): Promise<string> {
  const folder = await openFolder(location, host);
  return requireFile(folder, folder.named ?? "a path of one file");
}
