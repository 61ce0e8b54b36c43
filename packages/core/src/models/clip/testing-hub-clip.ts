import { exportOnnx, type Graph, graph, nn, op, type Tensor, type Value } from "@retort/engine";
import { NUM_MERGES } from "../../data/tokenizers/clip-bpe.ts";
import type { VitConfig } from "./config.ts";
import type { TextTowerConfig } from "./text-tower.ts";

type ImageSizes = Pick<
  VitConfig,
  "dim" | "heads" | "layers" | "hidden" | "embedDim" | "imageSizePx" | "patchSizePx" | "activation"
>;
type TextSizes = Omit<TextTowerConfig, "vocabularySize">;
type BlockSizes = Pick<ImageSizes & TextSizes, "heads" | "hidden" | "activation">;

/** Sizes of a CLIP small enough for tests. */
export const hubSizes = {
  dim: 32,
  heads: 2,
  layers: 2,
  hidden: 48,
  embedDim: 12,
  imageSizePx: 32,
  patchSizePx: 8,
  numPositions: 10,
  activation: "quick_gelu",
} satisfies ImageSizes & TextSizes;

/**
 * A list of byte pairs in the form of CLIP's own, of as many pairs, so that the tokenizer has its 49,408 ids: words are spelt in pairs of
 * characters instead of syllables.
 */
export function hubVocabulary(): string {
  const characters = Array.from({ length: 0x7e - 0x21 + 1 }, (_, at) => String.fromCharCode(0x21 + at));
  const accented = Array.from({ length: 0xff - 0xae + 1 }, (_, at) => String.fromCharCode(0xae + at));
  const all = [...characters, ...accented];
  const pairs = all.flatMap((first) => all.flatMap((second) => [`${first} ${second}`, `${first} ${second}</w>`]));
  return ["#version: generated", ...pairs.slice(0, NUM_MERGES)].join("\n");
}

/**
 * A CLIP's image tower as transformers writes it and its exporter stores it: queries, keys and values apart, matrices of linear
 * layers transposed under invented names ("onnx::MatMul_7"). Written without our own towers, so that they can be compared.
 */
export function hubImageOnnx(seed: number, sizes: ImageSizes = hubSizes): Uint8Array {
  const { dim, imageSizePx, patchSizePx } = sizes;
  const g = graph("vision");
  const p = exporter(g, seed, dim);
  const pixels = g.input("pixel_values", { dtype: "float32", shape: [1, 3, imageSizePx, imageSizePx] });
  const patches = op.conv(
    pixels,
    p.weight("vision_model.embeddings.patch_embedding.weight", [dim, 3, patchSizePx, patchSizePx]),
    {
      strides: [patchSizePx, patchSizePx],
    },
  );
  const count = (imageSizePx / patchSizePx) ** 2;
  const rows = op.transpose(op.reshape(patches, [1, dim, count]), [0, 2, 1]);
  const first = op.reshape(p.weight("vision_model.embeddings.class_embedding", [dim]), [1, 1, dim]);
  const table = p.weight("vision_model.embeddings.position_embedding.weight", [count + 1, dim]);
  let x = p.norm(op.add(op.concat([first, rows], 1), table), "vision_model.pre_layrnorm");
  for (let layer = 0; layer < sizes.layers; layer++) x = p.block(x, `vision_model.encoder.layers.${layer}`, sizes);
  const pooled = op.reshape(op.slice(x, { axes: [1], starts: [0], ends: [1] }), [1, dim]);
  const normed = p.norm(pooled, "vision_model.post_layernorm");
  g.output("image_embeds", p.product(normed, "visual_projection", sizes.embedDim));
  return exportOnnx(g);
}

/** The text tower likewise; the last token is the end. */
export function hubTextOnnx(seed: number, vocabularySize: number, sizes: TextSizes = hubSizes): Uint8Array {
  const { dim, numPositions } = sizes;
  const g = graph("text");
  const p = exporter(g, seed, dim);
  const ids = g.input("input_ids", { dtype: "int64", shape: [1, numPositions] });
  const tokens = op.gather(p.weight("text_model.embeddings.token_embedding.weight", [vocabularySize, dim]), ids);
  let x = op.add(tokens, p.weight("text_model.embeddings.position_embedding.weight", [numPositions, dim]));
  for (let layer = 0; layer < sizes.layers; layer++) {
    x = p.block(x, `text_model.encoder.layers.${layer}`, { ...sizes, causal: true });
  }
  const normed = p.norm(x, "text_model.final_layer_norm");
  const last = op.reshape(op.slice(normed, { axes: [1], starts: [numPositions - 1], ends: [numPositions] }), [1, dim]);
  g.output("text_embeds", p.product(last, "text_projection", sizes.embedDim));
  return exportOnnx(g);
}

function exporter(g: Graph, seed: number, dim: number) {
  const scope = nn.scope(g, { seed });
  let number = 0;
  // Wider sums of more terms stay as large: otherwise attention sees one token alone, and no gradient passes.
  const bound = 3 / Math.sqrt(dim);
  const weight = (name: string, shape: number[]) => scope.parameter(name, shape, nn.init.uniform(bound));
  const product = (x: Value, path: string, out: number): Value => {
    const matrix = weight(`onnx::MatMul_${number++}`, [x.shape.at(-1)!, out]);
    return g.add("MatMul", [x, matrix], {}, { name: `/${path.replaceAll(/\.(?!\d)/g, "/")}/MatMul` })[0]!;
  };
  const linear = (x: Value, path: string, out: number) => op.add(weight(`${path}.bias`, [out]), product(x, path, out));
  const norm = (x: Value, path: string) =>
    op.layerNormalization(x, weight(`${path}.weight`, [x.shape.at(-1)!]), weight(`${path}.bias`, [x.shape.at(-1)!]));
  const block = (
    x: Value,
    path: string,
    { heads, hidden, activation, causal = false }: BlockSizes & { causal?: boolean },
  ): Value => {
    const [batch, length, dim] = x.shape as [number, number, number];
    const normed = norm(x, `${path}.layer_norm1`);
    const [q, k, v] = ["q", "k", "v"].map((name) => {
      const y = linear(normed, `${path}.self_attn.${name}_proj`, dim);
      return op.transpose(op.reshape(y, [batch, length, heads, dim / heads]), [0, 2, 1, 3]);
    }) as [Value, Value, Value];
    const scores = op.matMul(op.mul(q, 1 / Math.sqrt(dim / heads)), op.transpose(k, [0, 1, 3, 2]));
    const seen = causal ? op.add(scores, g.constant(hiding(length))) : scores;
    const mixed = op.matMul(op.softmax(seen), v);
    const joined = op.reshape(op.transpose(mixed, [0, 2, 1, 3]), [batch, length, dim]);
    const attended = op.add(x, linear(joined, `${path}.self_attn.out_proj`, dim));
    const inner = linear(norm(attended, `${path}.layer_norm2`), `${path}.mlp.fc1`, hidden);
    const active = activation === "gelu" ? op.gelu(inner) : op.mul(inner, op.sigmoid(op.mul(inner, 1.702)));
    return op.add(attended, linear(active, `${path}.mlp.fc2`, dim));
  };
  return { weight, product, norm, block };
}

/** 0 up to a token itself, −1e9 after it. */
function hiding(length: number): Tensor {
  const data = Float32Array.from({ length: length * length }, (_, at) =>
    at % length > Math.floor(at / length) ? -1e9 : 0,
  );
  return { dtype: "float32", shape: [1, 1, length, length], data };
}
