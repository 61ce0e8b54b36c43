/**
 * The three models of the peer's script (torch_step.py), with the same initial weights and the same batch: S and M are
 * causal transformer language models, V is a vision transformer.
 */
import { type Graph, graph, nn, op, type Tensor, tensor, type Value } from "../../src/index.ts";

export const configs = {
  S: { layers: 4, dim: 256, heads: 4, tokens: 128, batch: 8, vocabulary: 2048 },
  M: { layers: 6, dim: 512, heads: 8, tokens: 128, batch: 8, vocabulary: 2048 },
  V: { layers: 6, dim: 192, heads: 3, tokens: 64, batch: 32, classes: 13, imagePx: 64, patchPx: 8 },
} as const;

export type ModelName = keyof typeof configs;

/** Uniform numbers in [0, 1) of a linear congruential generator. */
function lcg(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(1664525, state) + 1013904223) >>> 0;
    return (state >>> 8) / 16777216;
  };
}

/** The forward pass and its loss. Weights are drawn in the order in which they are asked for, which is the peer's. */
export function buildModel(name: ModelName): { graph: Graph; loss: Value; logits: Value } {
  const config = configs[name];
  const { batch: B, tokens: T, dim: d, heads: h } = config;
  const g = graph(name);
  const weight = weights(g);
  const linear = (x: Value, key: string, shape: readonly [number, number]) =>
    op.gemm(x, weight.normal(`${key}.w`, shape), { c: weight.repeated(`${key}.b`, [shape[1]], 0) });
  const norm = (x: Value, key: string) =>
    op.layerNormalization(x, weight.repeated(`${key}.g`, [d], 1), weight.repeated(`${key}.b`, [d], 0));

  function attention(x: Value, key: string): Value {
    const qkv = op.transpose(op.reshape(linear(x, `${key}.qkv`, [d, 3 * d]), [B, T, 3, h, d / h]), [2, 0, 3, 1, 4]);
    const [q, k, v] = [0, 1, 2].map((i) => op.gather(qkv, i)) as [Value, Value, Value];
    const mixed = nn.sdpa(q, k, v, { causal: name !== "V" });
    return linear(op.reshape(op.transpose(mixed, [0, 2, 1, 3]), [B * T, d]), `${key}.out`, [d, d]);
  }

  function block(x: Value, key: string): Value {
    const attended = op.add(x, attention(norm(x, `${key}.ln1`), key));
    const hidden = op.gelu(linear(norm(attended, `${key}.ln2`), `${key}.fc1`, [d, 4 * d]));
    return op.add(attended, linear(hidden, `${key}.fc2`, [4 * d, d]));
  }

  let x: Value;
  if ("classes" in config) {
    const { imagePx, patchPx: p } = config;
    const side = imagePx / p;
    const image = g.input("x", { dtype: "float32", shape: [B, 3, imagePx, imagePx] });
    const patches = op.transpose(op.reshape(image, [B, 3, side, p, side, p]), [0, 2, 4, 1, 3, 5]);
    x = op.reshape(linear(op.reshape(patches, [B * T, 3 * p * p]), "patch", [3 * p * p, d]), [B, T, d]);
  } else {
    const ids = g.input("x", { dtype: "int64", shape: [B, T] });
    x = op.gather(weight.normal("tok", [config.vocabulary, d]), ids);
  }
  x = op.reshape(op.add(x, weight.normal("pos", [T, d])), [B * T, d]);
  for (let i = 0; i < config.layers; i++) x = block(x, `${i}`);
  x = norm(x, "lnf");
  const logits =
    "classes" in config
      ? linear(op.reduceMean(op.reshape(x, [B, T, d]), { axes: [1] }), "head", [d, config.classes])
      : op.gemm(x, weight.normal("head", [d, config.vocabulary]));
  const labels = g.input("y", { dtype: "int64", shape: [logits.shape[0]!] });
  return { graph: g, logits, loss: nn.crossEntropy(logits, labels) };
}

/** Parameters as the peer initialises them: drawn with a standard deviation of 0.02, or one repeated number. */
function weights(g: Graph) {
  const draw = lcg(12345);
  const numElements = (shape: readonly number[]) => shape.reduce((product, dim) => product * dim, 1);
  return {
    normal(key: string, shape: readonly number[]): Value {
      const data = Float32Array.from({ length: numElements(shape) }, () => (2 * draw() - 1) * 0.02 * Math.sqrt(3));
      return g.parameter(key, tensor("float32", shape, data));
    },
    repeated(key: string, shape: readonly number[], value: number): Value {
      return g.parameter(key, tensor("float32", shape, new Float32Array(numElements(shape)).fill(value)));
    },
  };
}

/** The one batch that every step uses. */
export function buildBatch(name: ModelName): { x: Tensor; y: Tensor } {
  const config = configs[name];
  const { batch: B, tokens: T } = config;
  const draw = lcg(67890);
  if ("classes" in config) {
    const { imagePx, classes } = config;
    const x = Float32Array.from({ length: B * 3 * imagePx ** 2 }, () => 2 * draw() - 1);
    const y = BigInt64Array.from({ length: B }, () => BigInt(Math.floor(draw() * classes)));
    return { x: tensor("float32", [B, 3, imagePx, imagePx], x), y: tensor("int64", [B], y) };
  }
  const rows = Array.from({ length: B }, () =>
    Array.from({ length: T + 1 }, () => BigInt(Math.floor(draw() * config.vocabulary))),
  );
  const ids = (from: number, to?: number) => BigInt64Array.from(rows.flatMap((row) => row.slice(from, to)));
  return { x: tensor("int64", [B, T], ids(0, -1)), y: tensor("int64", [B * T], ids(1)) };
}
