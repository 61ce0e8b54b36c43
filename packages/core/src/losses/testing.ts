/** Samples and measurements for the tests of this folder. */
import { graph as emptyGraph, grad, sizeOf, type Tensor, tensor, type Value } from "@retort/engine";
import { compile, type Program } from "@retort/engine/node";
import { Rng } from "../base/rng.ts";
import type { LossName } from "./index.ts";

export type Tensors = Readonly<Record<string, Tensor>>;

/** Normal numbers, the same for the same seed. */
export function normal(shape: readonly number[], seed: number, scale = 1): Tensor {
  const rng = Rng.fromSeed(seed);
  return tensor(
    "float32",
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => scale * rng.normal()),
  );
}

export const bools = (shape: readonly number[], data: readonly number[]) => tensor("bool", shape, data);
export const ints = (shape: readonly number[], data: readonly number[]) => tensor("int64", shape, data);
export const scalar = (value: number) => tensor("float32", [], [value]);

export interface LossSample {
  tensors: (seed: number) => Tensors;
  params?: unknown;
  /** Tensors that receive a gradient; all others must receive none. */
  trained: readonly string[];
  /** Parameters under which the loss is zero, with zero gradient, when the student's tensors are the teacher's. */
  distillation?: unknown;
}

const tokens = {
  labels: ints([2, 6], [-100, -100, -100, 1, 2, 0, -100, -100, 3, 4, -100, -100]),
  visualMask: bools([2, 6], [0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
  promptMask: bools([2, 6], [1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0]),
};
const sequences = (seed: number) => ({
  "student.logits": normal([2, 6, 5], seed),
  "teacher.logits": normal([2, 6, 5], seed + 1),
  ...tokens,
});
const pairs = (seed: number) => ({ input: normal([3, 4], seed), target: normal([3, 4], seed + 1) });
const embeddings = (seed: number) => ({
  image: normal([4, 5], seed),
  text: normal([4, 5], seed + 1),
  logitScale: scalar(0.7),
});
const binary = (shape: readonly number[], seed: number) => {
  const data = [...normal(shape, seed).data].map((x) => (Number(x) > 0 ? 1 : 0));
  return tensor("float32", shape, data);
};

/** Inputs on which each loss is smooth: away from the kinks of |x|. */
export const samples: Readonly<Record<LossName, LossSample>> = {
  bceWithLogits: {
    tensors: (seed) => ({ logits: normal([3, 4], seed, 3), targets: binary([3, 4], seed + 1) }),
    params: { posWeight: 2.5 },
    trained: ["logits"],
  },
  cosineDistance: { tensors: pairs, trained: ["input", "target"] },
  crossEntropy: {
    tensors: (seed) => ({ logits: normal([2, 3, 5], seed), labels: ints([2, 3], [0, -100, 4, 2, 2, -100]) }),
    params: { labelSmoothing: 0.2 },
    trained: ["logits"],
  },
  dice: {
    tensors: (seed) => ({ input: normal([2, 3, 3], seed), targets: binary([2, 3, 3], seed + 1) }),
    params: { fromLogits: true },
    trained: ["input"],
  },
  divergence: {
    tensors: (seed) => ({
      "student.logits": normal([5, 6], seed, 2),
      "teacher.logits": normal([5, 6], seed + 1, 2),
      mask: bools([5], [1, 0, 1, 1, 0]),
    }),
    params: { kind: "js", temperature: 2, lambda: 0.3 },
    trained: ["student.logits"],
    distillation: {},
  },
  focalBinary: {
    tensors: (seed) => ({ logits: normal([3, 4], seed, 2), targets: binary([3, 4], seed + 1) }),
    params: { gamma: 1.5, alpha: 0.3 },
    trained: ["logits"],
  },
  focalSoftmax: {
    tensors: (seed) => ({ logits: normal([2, 3, 2, 2], seed), targets: ints([2, 2, 2], [0, 1, 2, 0, 1, 1, 2, 0]) }),
    params: { gamma: 2.5, alpha: [0.2, 1, 0.7] },
    trained: ["logits"],
  },
  infonce: { tensors: embeddings, trained: ["image", "text", "logitScale"] },
  llavaKdTotal: {
    tensors: sequences,
    params: { weights: { prompt: 0.7 }, divergence: { kind: "reverse-kl" } },
    trained: ["student.logits"],
    distillation: { weights: { crossEntropy: 0, prompt: 1 } },
  },
  mdist: {
    tensors: sequences,
    params: { weights: { response: 0.5, prompt: 2 }, reduction: "sample" },
    trained: ["student.logits"],
    distillation: { weights: { prompt: 1 } },
  },
  mse: { tensors: pairs, params: { reduction: "sum" }, trained: ["input", "target"] },
  rdist: {
    tensors: (seed) => ({
      "student.visual": normal([2, 4, 5], seed),
      "teacher.visual": normal([2, 4, 5], seed + 1),
      mask: bools([2, 4], [1, 1, 0, 1, 0, 0, 0, 0]),
    }),
    params: { normalize: true },
    trained: ["student.visual"],
    distillation: {},
  },
  siglip: {
    tensors: (seed) => ({ ...embeddings(seed), logitBias: scalar(-0.5) }),
    trained: ["image", "text", "logitScale", "logitBias"],
  },
  smoothL1: { tensors: pairs, params: { beta: 0.4 }, trained: ["input", "target"] },
};

export interface Measured {
  loss: number;
  gradients: Record<string, number[]>;
}

/** The loss with its gradients by the named tensors; all tensors are inputs of the graph. */
export async function measure(
  build: (values: Readonly<Record<string, Value>>) => Value,
  tensors: Tensors,
  wrt: readonly string[],
): Promise<Measured> {
  const program = await programOf(build, tensors, wrt);
  try {
    const outputs = await program.run(feedsOf(program, tensors));
    const gradients = wrt.map((name) => [name, [...outputs[`grad.${name}`]!.data].map(Number)]);
    return { loss: Number(outputs.loss!.data[0]), gradients: Object.fromEntries(gradients) };
  } finally {
    await program.dispose();
  }
}

/** Derivative of the loss by every element of a tensor, from five points each. */
export async function finiteDifferences(
  build: (values: Readonly<Record<string, Value>>) => Value,
  tensors: Tensors,
  name: string,
): Promise<number[]> {
  const stepSize = 0.02;
  const program = await programOf(build, tensors, []);
  const { dtype, shape, data } = tensors[name]!;
  const lossAt = async (index: number, offset: number): Promise<number> => {
    const moved = Float32Array.from(data, Number);
    moved[index]! += offset;
    const { loss } = await program.run(feedsOf(program, { ...tensors, [name]: tensor(dtype, shape, moved) }));
    return Number(loss!.data[0]);
  };
  const slopes: number[] = [];
  try {
    for (let i = 0; i < data.length; i++) {
      const near = (await lossAt(i, stepSize)) - (await lossAt(i, -stepSize));
      const far = (await lossAt(i, 2 * stepSize)) - (await lossAt(i, -2 * stepSize));
      slopes.push((8 * near - far) / (12 * stepSize));
    }
  } finally {
    await program.dispose();
  }
  return slopes;
}

async function programOf(
  build: (values: Readonly<Record<string, Value>>) => Value,
  tensors: Tensors,
  wrt: readonly string[],
): Promise<Program> {
  const graph = emptyGraph("loss");
  const values = Object.fromEntries(Object.entries(tensors).map(([name, type]) => [name, graph.input(name, type)]));
  const loss = build(values);
  graph.output("loss", loss);
  grad(
    loss,
    wrt.map((name) => values[name]!),
  ).forEach((gradient, i) => {
    graph.output(`grad.${wrt[i]}`, gradient);
  });
  return compile(graph, { threads: 1 });
}

const feedsOf = (program: Program, tensors: Tensors): Record<string, Tensor> =>
  Object.fromEntries(Object.keys(program.inputs).map((name) => [name, tensors[name]!]));
