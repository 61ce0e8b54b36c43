import { type Graph, importOnnx, inline, type nn, onnxInputs, op, type Value } from "@retort/engine";
import { fromBase64 } from "../../base/base64.ts";
import { DataError, SpecError } from "../../base/errors.ts";
import type { LlavaConfig, VisionConfig } from "./config.ts";
import type { DecoderInput, LayerCache } from "./decoder.ts";

/**
 * Parts of a model that are graphs of somebody else's making, as hubs export them. A part's dynamic dimensions are bound by
 * their place in its inputs, so that one file serves every batch; its weights are parameters under the part's scope, which
 * train or are frozen like all others.
 */

/** `features` [B,N,C] of `pixels` float32 [B,3,H,W]. */
export function importedVision(scope: nn.Scope, pixels: Value, graph: NonNullable<VisionConfig["graph"]>): Value {
  return single(scope, graph, [pixels]);
}

/** Image tokens [B,I,D] of features [B,N,C]. */
export function importedProjector(scope: nn.Scope, features: Value, graph: { onnx: string; output: string }): Value {
  return single(scope, graph, [features]);
}

/** Embeddings [B,T,D] of token ids int64 [B,T]. */
export function importedEmbedding(scope: nn.Scope, tokens: Value, graph: { onnx: string; output: string }): Value {
  return single(scope, graph, [tokens]);
}

/** A part of one input: the output that the configuration names. */
function single(scope: nn.Scope, { onnx, output }: { onnx: string; output: string }, given: readonly Value[]): Value {
  const bytes = fromBase64(onnx);
  const declared = onnxInputs(bytes);
  const inputs = Object.fromEntries(declared.map(({ name }, i) => [name, given[i]!]));
  return placed(scope, partGraph(bytes, inputs), inputs)[output]!;
}

/**
 * Logits [B,T,V] in the place of hidden states, and the updated caches. The graph makes its own causal mask and is told which
 * keys to leave out: that is all of a mask that it can follow.
 * @throws SpecError when the mask is of another kind
 */
export function importedDecoder(
  scope: nn.Scope,
  { x, positions, keyMask, past }: DecoderInput,
  { decoder }: Pick<LlavaConfig, "decoder">,
): { hidden: Value; caches: LayerCache[] } {
  if (keyMask === undefined) {
    throw new SpecError({
      code: "IMPORTED_DECODER_MASK",
      message: "An imported decoder makes its own causal mask and cannot keep packed questions apart",
      expected: "one conversation a row",
      got: "several questions behind one picture",
      fix: "Train it by conversation-train with training.packed false.",
    });
  }
  const g = x.graph;
  const [batch, length] = x.shape as [number, number];
  const { kvHeads, layers } = decoder;
  const width = decoder.headDim!;
  const slots = past?.layers[0]?.keys.shape[2] ?? 0;
  const ones = op.cast(op.equal(positions, positions), "int64");
  // The cache's own slot for the new token is empty yet: it is left out, and the token stands behind all slots.
  const earlier = past && op.and(keyMask, op.not(op.reshape(past.slot, [1, slots])));
  const attention = earlier ? op.concat([op.cast(earlier, "int64"), ones], 1) : op.cast(keyMask, "int64");
  const empty = g.constant({ dtype: "float32", shape: [batch, kvHeads, 0, width], data: new Float32Array(0) });
  const inputs: Record<string, Value> = { inputs_embeds: x, attention_mask: attention, position_ids: positions };
  for (let layer = 0; layer < layers; layer++) {
    inputs[`past_key_values.${layer}.key`] = past?.layers[layer]?.keys ?? empty;
    inputs[`past_key_values.${layer}.value`] = past?.layers[layer]?.values ?? empty;
  }
  const bytes = fromBase64(decoder.graph!.onnx);
  const wanted = new Set(onnxInputs(bytes).map(({ name }) => name));
  const used = Object.fromEntries(Object.entries(inputs).filter(([name]) => wanted.has(name)));
  const results = placed(scope, partGraph(bytes, used), used);
  const cacheOf = (name: string, old: Value | undefined): Value => {
    const present = results[name]!;
    if (past === undefined || old === undefined) return present;
    const fresh = op.slice(present, { axes: [2], starts: [slots], ends: [slots + length] });
    return op.where(past.slot, fresh, old);
  };
  const caches = Array.from({ length: layers }, (_, layer) => ({
    keys: cacheOf(`present.${layer}.key`, past?.layers[layer]?.keys),
    values: cacheOf(`present.${layer}.value`, past?.layers[layer]?.values),
  }));
  return { hidden: results.logits!, caches };
}

/** The file as a graph for inputs of these types. @throws DataError when it declares them otherwise */
export function partGraph(bytes: Uint8Array, inputs: Readonly<Record<string, Pick<Value, "shape">>>): Graph {
  const dims: Record<string, number> = {};
  for (const { name, shape } of onnxInputs(bytes)) {
    const given = inputs[name]?.shape;
    if (given === undefined || given.length !== shape.length) throw otherInput(name, shape, given);
    shape.forEach((dim, axis) => {
      const size = given[axis]!;
      if (typeof dim === "string" ? (dims[dim] ?? size) !== size : dim !== size) throw otherInput(name, shape, given);
      if (typeof dim === "string") dims[dim] = size;
    });
  }
  return importOnnx(bytes, { dims });
}

function otherInput(
  name: string,
  shape: readonly (number | string)[],
  given: readonly number[] | undefined,
): DataError {
  return new DataError({
    code: "DATA_IMPORTED_GRAPH",
    message: `An imported ONNX part declares its input "${name}" otherwise than it is needed`,
    expected: given === undefined ? "no such input" : `[${given}]`,
    got: `[${shape.join(", ")}]`,
    where: `input "${name}"`,
    fix: "Export it again with dynamic dimensions for batch and length.",
  });
}

function placed(scope: nn.Scope, part: Graph, inputs: Readonly<Record<string, Value>>): Record<string, Value> {
  const [first] = Object.values(inputs);
  return inline(part, first!.graph, {
    inputs,
    parameter: (name, contents) => scope.parameter(name, contents.shape, () => contents),
  });
}
