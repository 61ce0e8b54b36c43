// [node]
import { type DeclaredInput, type Graph, onnxInputs, type Tensor } from "@retort/engine";
import { toBase64 } from "../../base/base64.ts";
import { DataError } from "../../base/errors.ts";
import { requireFile, type SourceFolder } from "../../data/sources/folder.ts";
import { readWhole } from "../../data/sources/whole-file.ts";
import type { LlavaConfigInput } from "../llava/config.ts";
import { partGraph } from "../llava/imported-graph.ts";
import type { DecoderWeights } from "./llama2c.ts";
import { preprocessingOf } from "./preprocessing.ts";

type Vision = LlavaConfigInput["vision"];

export interface OnnxVisionChoice {
  /** Side of the picture; needed where the file leaves it open. */
  imageSizePx: number;
  /** Output that the projector reads; the first one of rank three when null. */
  output: string | null;
  /** Leave out the first token. */
  dropFirst: boolean;
}

/**
 * A vision encoder as hubs export it: one input, pixels float32 [batch, 3, H, W], already normalised, and an output [batch, N, C].
 * @throws DataError when the file is of another form
 */
export async function visionFromOnnx(
  folder: SourceFolder,
  { imageSizePx: wanted, output: chosen, dropFirst }: OnnxVisionChoice,
): Promise<{ imageSizePx: number; vision: Vision; weights: Map<string, Tensor> }> {
  const { bytes, inputs } = await onnxOf(folder);
  const [input] = inputs;
  const side = input?.shape[3];
  const isPixels = inputs.length === 1 && input?.dtype === "float32" && input.shape.length === 4;
  if (!isPixels) throw otherForm(folder, "one input, pixels float32 [batch, 3, height, width]", described(inputs));
  const imageSizePx = typeof side === "number" ? side : wanted;
  const graph = partGraph(bytes, { [input.name]: { shape: [1, 3, imageSizePx, imageSizePx] } });
  const output = outputOf(graph, { folder, chosen, rank: 3 });
  const [, numFeatures, dim] = graph.outputs.get(output)!.shape as [number, number, number];
  const patchesPerSide = Math.max(1, Math.floor(Math.sqrt(numFeatures)));
  return {
    imageSizePx,
    vision: {
      graph: { onnx: toBase64(bytes), output, numFeatures },
      patchSizePx: Math.floor(imageSizePx / patchesPerSide),
      edge: "crop",
      stem: "linear",
      dim,
      // What the graph is made of is its own affair.
      layers: 1,
      heads: 1,
      hidden: dim,
      dropFirst,
      ...(await preprocessingOf(folder)),
    },
    weights: weightsOf(graph, "vision."),
  };
}

/** A projector as hubs export it: features [batch, N, C] -> image tokens [batch, I, D]. */
export async function projectorFromOnnx(
  folder: SourceFolder,
  [numFeatures, dim]: readonly [number, number],
): Promise<{ graph: { onnx: string; output: string; numTokens: number }; weights: Map<string, Tensor> }> {
  const { bytes, inputs } = await onnxOf(folder);
  const [input] = inputs;
  const isFeatures = inputs.length === 1 && input?.dtype === "float32" && input.shape.length === 3;
  if (!isFeatures) throw otherForm(folder, "one input, features float32 [batch, tokens, width]", described(inputs));
  const graph = partGraph(bytes, { [input.name]: { shape: [1, numFeatures, dim] } });
  const output = outputOf(graph, { folder, chosen: null, rank: 3 });
  const numTokens = graph.outputs.get(output)!.shape[1]!;
  return { graph: { onnx: toBase64(bytes), output, numTokens }, weights: weightsOf(graph, "projector.") };
}

/**
 * A decoder as hubs export it for generation with embeddings as input: inputs_embeds, attention_mask, position_ids and
 * past_key_values.N.key/value -> logits and present.N.key/value; and the embedding of its tokens, a file of its own.
 */
export async function decoderFromOnnx(
  folder: SourceFolder,
  embedding: SourceFolder,
): Promise<DecoderWeights & { decoder: LlavaConfigInput["decoder"] }> {
  const { bytes, inputs } = await onnxOf(folder);
  const byName = new Map(inputs.map((input) => [input.name, input]));
  const embeds = byName.get("inputs_embeds");
  const key = byName.get("past_key_values.0.key");
  if (embeds === undefined || key === undefined) {
    throw otherForm(
      folder,
      "inputs inputs_embeds, attention_mask, position_ids, past_key_values.N.key and .value",
      described(inputs),
    );
  }
  const [dim, kvHeads, width] = [embeds.shape[2], key.shape[1], key.shape[3]];
  if (typeof dim !== "number" || typeof kvHeads !== "number" || typeof width !== "number") {
    throw otherForm(folder, "fixed widths of embeddings and heads", described([embeds, key]));
  }
  const layers = inputs.filter(({ name }) => /^past_key_values\.\d+\.key$/.test(name)).length;
  const cache = { shape: [1, kvHeads, 0, width] };
  const shapes = Object.fromEntries(
    inputs.map(({ name }) => [
      name,
      name === "inputs_embeds" ? { shape: [1, 2, dim] } : name.startsWith("past_") ? cache : { shape: [1, 2] },
    ]),
  );
  const graph = partGraph(bytes, shapes);
  const logits = graph.outputs.get("logits");
  const missing = Array.from({ length: layers }, (_, n) => [`present.${n}.key`, `present.${n}.value`])
    .flat()
    .filter((name) => !graph.outputs.has(name));
  if (logits === undefined || missing.length > 0) {
    throw otherForm(folder, "outputs logits, present.N.key and .value", [...graph.outputs.keys()].join(", "));
  }
  const table = await onnxOf(embedding);
  const [ids] = table.inputs;
  if (table.inputs.length !== 1 || ids?.dtype !== "int64")
    throw otherForm(embedding, "one input, token ids int64", described(table.inputs));
  const embedGraph = partGraph(table.bytes, { [ids.name]: { shape: [1, 2] } });
  const output = outputOf(embedGraph, { folder: embedding, chosen: null, rank: 3 });
  return {
    decoder: {
      graph: { onnx: toBase64(bytes) },
      embedding: { onnx: toBase64(table.bytes), output },
      dim,
      layers,
      // Query heads are the graph's own affair.
      heads: kvHeads,
      kvHeads,
      headDim: width,
      hidden: dim,
      ropeBase: 10_000,
    } as DecoderWeights["decoder"],
    vocabularySize: logits.shape[2]!,
    weights: new Map([...weightsOf(graph, "decoder."), ...weightsOf(embedGraph, "decoder.embedding.")]),
  };
}

interface OnnxFile {
  bytes: Uint8Array;
  inputs: readonly DeclaredInput[];
}

/** The file that the location names. */
async function onnxOf(folder: SourceFolder): Promise<OnnxFile> {
  const path = await requireFile(folder, folder.named ?? "a path of one .onnx file");
  const bytes = await readWhole(path);
  return { bytes, inputs: onnxInputs(bytes) };
}

function outputOf(
  graph: Graph,
  { folder, chosen, rank }: { folder: SourceFolder; chosen: string | null; rank: number },
): string {
  const found = [...graph.outputs].find(
    ([name, { shape }]) => shape.length === rank && (chosen === null || name === chosen),
  );
  if (found !== undefined) return found[0];
  const outputs = [...graph.outputs].map(([name, { shape }]) => `${name} [${shape}]`).join(", ");
  throw otherForm(
    folder,
    chosen === null ? `an output of rank ${rank}` : `an output "${chosen}" of rank ${rank}`,
    outputs,
  );
}

function weightsOf(graph: Graph, prefix: string): Map<string, Tensor> {
  return new Map([...graph.parameters].map(([name, { tensor }]) => [`${prefix}${name}`, tensor!]));
}

function described(inputs: readonly DeclaredInput[]): string {
  return inputs.map(({ name, dtype, shape }) => `${name} ${dtype} [${shape.join(", ")}]`).join("; ") || "no inputs";
}

function otherForm({ location }: SourceFolder, expected: string, got: string): DataError {
  return new DataError({
    code: "DATA_IMPORTED_GRAPH",
    message: "This ONNX file is not of the form that the part needs",
    expected,
    got,
    where: location,
    fix: "Export the part by itself, with the names that model hubs use.",
  });
}
