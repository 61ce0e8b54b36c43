import { type Tensor, tensor } from "@retort/engine";
import { DataError } from "../../base/errors.ts";
import type { DecoderConfig } from "../llava/config.ts";

/** A language model in our names, without what stands around it. */
export interface DecoderWeights {
  decoder: DecoderConfig;
  vocabularySize: number;
  /** Parameters of the decoder by their names in a whole model ("decoder.embedding.weight"). */
  weights: Map<string, Tensor>;
}

const HEADER_BYTES = 28;

/**
 * Reads a checkpoint of llama2.c (the legacy format: seven int32, then float32 tensors). Its rotary positions turn adjacent
 * pairs, ours turn halves: rows of queries and keys are reordered, which leaves every result the same.
 * Source: karpathy/llama2.c, run.c.
 * @throws DataError when header and length disagree
 */
export function readLlama2c(bytes: Uint8Array, where: string): DecoderWeights {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = Array.from({ length: 7 }, (_, i) => (bytes.length >= HEADER_BYTES ? view.getInt32(4 * i, true) : 0));
  const [dim, hidden, layers, heads, kvHeads, signedVocabulary, length] = header as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const vocabulary = Math.abs(signedVocabulary);
  // A negative vocabulary means that the output has a matrix of its own.
  const tiedHead = signedVocabulary > 0;
  const headDim = dim / heads;
  const kvDim = headDim * kvHeads;
  const perLayer = 2 * dim + 2 * dim * dim + 2 * kvDim * dim + 3 * hidden * dim;
  const numFloats = vocabulary * dim + layers * perLayer + dim + length * headDim + (tiedHead ? 0 : vocabulary * dim);
  if (header.some((value) => value === 0) || bytes.length !== HEADER_BYTES + 4 * numFloats) {
    throw new DataError({
      code: "DATA_BAD_CHECKPOINT",
      message: "This file is no checkpoint of llama2.c",
      expected: `${HEADER_BYTES + 4 * numFloats} bytes after the header [${header}]`,
      got: `${bytes.length} bytes`,
      where,
    });
  }
  // A copy, aligned; the slice() of a Buffer would share memory.
  const floats = new Float32Array(new Uint8Array(bytes.subarray(HEADER_BYTES)).buffer);
  let at = 0;
  const take = (count: number) => {
    at += count;
    return floats.subarray(at - count, at);
  };
  const weights = new Map<string, Tensor>();
  const put = (name: string, shape: number[], data: Float32Array) =>
    weights.set(`decoder.${name}`, tensor("float32", shape, data.slice()));
  /** One matrix [out, in] a layer, stored as [in, out]. */
  const matrices = (name: string, rows: number, columns: number, pairedHeads = 0) => {
    for (let layer = 0; layer < layers; layer++) {
      const matrix = take(rows * columns);
      const ordered = pairedHeads === 0 ? matrix : halvesOf(matrix, { heads: pairedHeads, columns });
      put(`blocks.${layer}.${name}.weight`, [columns, rows], transposed(ordered, rows, columns));
    }
  };
  const gains = (name: string) => {
    for (let layer = 0; layer < layers; layer++) put(`blocks.${layer}.${name}.weight`, [dim], take(dim));
  };

  put("embedding.weight", [vocabulary, dim], take(vocabulary * dim));
  gains("norm1");
  matrices("attention.q", dim, dim, heads);
  matrices("attention.k", kvDim, dim, kvHeads);
  matrices("attention.v", kvDim, dim);
  matrices("attention.o", dim, dim);
  gains("norm2");
  matrices("mlp.gate_proj", hidden, dim);
  matrices("mlp.down_proj", dim, hidden);
  matrices("mlp.up_proj", hidden, dim);
  put("norm.weight", [dim], take(dim));
  // Tables of sines and cosines, which are computed here.
  take(length * headDim);
  if (!tiedHead) put("head.weight", [dim, vocabulary], transposed(take(vocabulary * dim), vocabulary, dim));
  const decoder = {
    dim,
    layers,
    heads,
    kvHeads,
    hidden,
    ropeBase: 10_000,
    qkvBias: false,
    tiedHead,
    normEpsilon: 1e-5,
  };
  return { decoder, vocabularySize: vocabulary, weights };
}

/** Rows of each head in the order 0, 2, 4 ..., 1, 3, 5 ... */
function halvesOf(matrix: Float32Array, { heads, columns }: { heads: number; columns: number }): Float32Array {
  const rowsOfHead = matrix.length / columns / heads;
  const out = new Float32Array(matrix.length);
  for (let head = 0; head < heads; head++) {
    for (let row = 0; row < rowsOfHead; row++) {
      const target = head * rowsOfHead + (row % 2) * (rowsOfHead / 2) + Math.floor(row / 2);
      const source = head * rowsOfHead + row;
      out.set(matrix.subarray(source * columns, (source + 1) * columns), target * columns);
    }
  }
  return out;
}

/** [rows, columns] -> [columns, rows] */
export function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(matrix.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) out[column * rows + row] = matrix[row * columns + column]!;
  }
  return out;
}
