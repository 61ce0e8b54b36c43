import { exportOnnx, type Graph, importOnnx, onnxMetadata, type Tensor } from "@retort/engine";
import { z } from "zod";
import { DataError, SpecError } from "../../base/errors.ts";
import { LARGEST_FILE_BYTES } from "../../base/largest-file.ts";
import { tokenizerFromJSON } from "../../data/tokenizers/index.ts";
import type { Tokenizer } from "../../data/tokenizers/tokenizer.ts";
import { type LlavaConfig, llavaConfig } from "./config.ts";

/** A trained model with all that is needed to use it. */
export interface LlavaModel {
  config: LlavaConfig;
  tokenizer: Tokenizer;
  /** Parameters by name. */
  weights: ReadonlyMap<string, Tensor>;
}

const METADATA_KEY = "retort.llava";

const header = z.object({
  config: llavaConfig,
  tokenizer: z.unknown(),
  /** An ONNX file does not tell weights from constants. */
  parameters: z.array(z.string()),
});

/**
 * One self-describing ONNX file: `graph` with the weights in it, configuration and tokenizer as metadata.
 * @throws SpecError MODEL_TOO_LARGE for weights that one file does not take
 */
export function writeModel({ config, tokenizer, weights }: LlavaModel, graph: Graph): Uint8Array {
  const numBytes = [...weights.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
  if (numBytes > LARGEST_FILE_BYTES) {
    throw new SpecError({
      code: "MODEL_TOO_LARGE",
      message: "The weights are more than one ONNX file takes, and later stages could not read it",
      expected: `at most ${LARGEST_FILE_BYTES} bytes`,
      got: `${numBytes} bytes in ${weights.size} weights`,
      where: "the model",
      fix: "Choose a smaller language model or vision encoder: weights are kept as float32, four bytes each.",
    });
  }
  return exportOnnx(graph, {
    weights,
    metadata: {
      [METADATA_KEY]: JSON.stringify({ config, tokenizer: tokenizer.toJSON(), parameters: [...weights.keys()] }),
    },
  });
}

/** Does the ONNX file hold a whole model as writeModel() leaves it? */
export function isModelFile(bytes: Uint8Array): boolean {
  return onnxMetadata(bytes)[METADATA_KEY] !== undefined;
}

/** @throws DataError when the file is an ONNX model of another origin; ModelError when it is no ONNX model. */
export function readModel(bytes: Uint8Array, where: string): LlavaModel {
  const metadata = onnxMetadata(bytes);
  const text = metadata[METADATA_KEY];
  if (text === undefined) {
    throw new DataError({
      code: "DATA_NOT_A_LLAVA_MODEL",
      message: "This ONNX file does not say how its model is built",
      expected: `metadata "${METADATA_KEY}"`,
      got: Object.keys(metadata).join(", ") || "no metadata",
      where,
      fix: "Use the model of a stage that trains or imports one: vlm-sft, lm-pretrain, llava-train, conversation-train, model-import.",
    });
  }
  const { config, tokenizer, parameters } = header.parse(JSON.parse(text));
  const graph = importOnnx(bytes);
  const weights = new Map(parameters.map((name) => [name, weightOf(graph, name, where)]));
  return { config, tokenizer: tokenizerFromJSON(tokenizer), weights };
}

/** @throws DataError when the graph lacks the weight */
export function weightOf(graph: Graph, name: string, where: string): Tensor {
  const tensor = graph.parameters.get(name)?.tensor;
  if (tensor) return tensor;
  throw new DataError({
    code: "DATA_MISSING_WEIGHT",
    message: "A weight that the file announces is not in it",
    expected: name,
    got: "no initializer of that name",
    where,
  });
}
