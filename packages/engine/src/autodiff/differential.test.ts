/** A second, independent automatic differentiation: random graphs give the same values and gradients in TensorFlow.js. */
import "@tensorflow/tfjs-backend-cpu";
// The CommonJS bundle that Node gets leaves the gradients out.
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { graph as emptyGraph } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import { numbers, sizeOf, type Tensor, tensor } from "../graph/tensor.ts";
import { op } from "../ops/functions.ts";
import { type Draw, drawFrom } from "../ops/testing/draw.ts";
import { compile } from "../runtime/program.ts";
import { grad } from "./grad.ts";

/** A value in both worlds; all are matrices [rows, columns]. */
interface Pair {
  ours: Value;
  theirs: () => tf.Tensor2D;
}

interface Step {
  /** May it be applied to these operands? */
  fits(a: Value, b: Value): boolean;
  ours(a: Value, b: Value, draw: number): Value;
  theirs(a: tf.Tensor2D, b: tf.Tensor2D, draw: number): tf.Tensor;
}

const always = () => true;
const same = (a: Value, b: Value) => `${a.shape}` === `${b.shape}`;
const broadcasts = (a: Value, b: Value) => a.shape.every((dim, i) => dim === b.shape[i] || b.shape[i] === 1);
const checkered = (shape: readonly number[]) => Array.from({ length: sizeOf(shape) }, (_, i) => i % 2);
const ramp = (shape: readonly number[]) => Array.from({ length: shape[1] as number }, (_, i) => 0.017 * i);
const half = (x: Value) => op.mul(x, 0.5);

/** Steps keep values moderate, so that long chains stay comparable in float32. */
const steps: Readonly<Record<string, Step>> = {
  add: { fits: broadcasts, ours: (a, b) => op.add(a, b), theirs: (a, b) => tf.add(a, b) },
  sub: { fits: broadcasts, ours: (a, b) => op.sub(a, b), theirs: (a, b) => tf.sub(a, b) },
  mul: { fits: broadcasts, ours: (a, b) => op.mul(op.tanh(a), b), theirs: (a, b) => tf.mul(tf.tanh(a), b) },
  div: {
    fits: broadcasts,
    ours: (a, b) => op.div(a, op.add(op.square(b), 1)),
    theirs: (a, b) => tf.div(a, tf.add(tf.square(b), 1)),
  },
  matMul: {
    fits: (a, b) => a.shape[1] === b.shape[0],
    ours: (a, b) => half(op.matMul(a, b)),
    theirs: (a, b) => tf.mul(tf.matMul(a, b), 0.5),
  },
  matMulTransposed: {
    fits: (a, b) => a.shape[0] === b.shape[0],
    ours: (a, b) => half(op.gemm(a, b, { transA: true })),
    theirs: (a, b) => tf.mul(tf.matMul(a, b, true, false), 0.5),
  },
  // Ties are decided differently: a small shift keeps operands that are the same value apart.
  maximum: {
    fits: same,
    ours: (a, b) => op.max(a, op.add(b, 0.013)),
    theirs: (a, b) => tf.maximum(a, tf.add(b, 0.013)),
  },
  where: {
    fits: same,
    ours: (a, b) => op.where(a.graph.constant(tensor("bool", a.shape, checkered(a.shape))), b, op.neg(a)),
    theirs: (a, b) => tf.where(tf.tensor(checkered(a.shape), a.shape, "bool"), b, tf.neg(a)),
  },
  concat: { fits: same, ours: (a, b, n) => op.concat([a, b], n % 2), theirs: (a, b, n) => tf.concat([a, b], n % 2) },
  tanh: { fits: always, ours: (a) => op.tanh(a), theirs: (a) => tf.tanh(a) },
  sigmoid: { fits: always, ours: (a) => op.sigmoid(a), theirs: (a) => tf.sigmoid(a) },
  softplus: { fits: always, ours: (a) => op.softplus(a), theirs: (a) => tf.softplus(a) },
  relu: { fits: always, ours: (a) => op.relu(a), theirs: (a) => tf.relu(a) },
  elu: { fits: always, ours: (a) => op.elu(a), theirs: (a) => tf.elu(a) },
  leakyRelu: { fits: always, ours: (a) => op.leakyRelu(a, { alpha: 0.2 }), theirs: (a) => tf.leakyRelu(a, 0.2) },
  erf: { fits: always, ours: (a) => op.erf(a), theirs: (a) => tf.erf(a) },
  sin: { fits: always, ours: (a) => op.sin(a), theirs: (a) => tf.sin(a) },
  gaussian: {
    fits: always,
    ours: (a) => op.exp(op.neg(op.square(a))),
    theirs: (a) => tf.exp(tf.neg(tf.square(a))),
  },
  logarithm: {
    fits: always,
    ours: (a) => op.log(op.add(op.square(a), 1)),
    theirs: (a) => tf.log(tf.add(tf.square(a), 1)),
  },
  root: {
    fits: always,
    ours: (a) => op.sqrt(op.add(op.abs(a), 0.5)),
    theirs: (a) => tf.sqrt(tf.add(tf.abs(a), 0.5)),
  },
  cube: { fits: always, ours: (a) => op.pow(op.tanh(a), 3), theirs: (a) => tf.pow(tf.tanh(a), 3) },
  softmax: { fits: always, ours: (a) => op.softmax(a), theirs: (a) => tf.softmax(a) },
  logSoftmax: { fits: always, ours: (a) => op.logSoftmax(a), theirs: (a) => tf.logSoftmax(a) },
  sum: {
    fits: always,
    ours: (a, _, n) => half(op.reduceSum(a, { axes: [n % 2], keepdims: true })),
    theirs: (a, _, n) => tf.mul(tf.sum(a, n % 2, true), 0.5),
  },
  mean: {
    fits: always,
    ours: (a, _, n) => op.reduceMean(a, { axes: [n % 2], keepdims: true }),
    theirs: (a, _, n) => tf.mean(a, n % 2, true),
  },
  logSumExp: {
    fits: always,
    ours: (a) => op.reduceLogSumExp(a, { axes: [1], keepdims: true }),
    theirs: (a) => tf.logSumExp(a, 1, true),
  },
  transpose: { fits: always, ours: (a) => op.transpose(a), theirs: (a) => tf.transpose(a) },
  reshape: {
    fits: always,
    ours: (a) => op.reshape(a, [a.shape[1] as number, a.shape[0] as number]),
    theirs: (a) => tf.reshape(a, [a.shape[1], a.shape[0]]),
  },
  slice: {
    fits: (a) => (a.shape[1] as number) > 1,
    ours: (a) => op.slice(a, { starts: [1], ends: [100], axes: [1] }),
    theirs: (a) => tf.slice(a, [0, 1], [a.shape[0], a.shape[1] - 1]),
  },
  pad: {
    fits: always,
    ours: (a) => op.pad(a, { pads: [1, 0, 0, 1], value: 0.3 }),
    theirs: (a) =>
      tf.pad(
        a,
        [
          [1, 0],
          [0, 1],
        ],
        0.3,
      ),
  },
  gather: {
    fits: always,
    ours: (a) => op.gather(a, a.graph.constant([0, (a.shape[0] as number) - 1, 0], "int64")),
    theirs: (a) => tf.gather(a, tf.tensor1d([0, a.shape[0] - 1, 0], "int32")),
  },
  cumSum: { fits: always, ours: (a) => half(op.cumSum(a, { axis: 1 })), theirs: (a) => tf.mul(tf.cumsum(a, 1), 0.5) },
  largest: {
    fits: always,
    ours: (a) => op.topK(op.add(a, op.reshape(a.graph.constant(ramp(a.shape)), [1, -1])), { k: 1, axis: 1 }).values,
    theirs: (a) => tf.max(tf.add(a, tf.tensor1d(ramp(a.shape))), 1, true),
  },
  convolution: {
    fits: (a) => (a.shape[0] as number) > 1 && (a.shape[1] as number) > 1,
    ours: (a) => {
      const image = op.reshape(a, [1, 1, a.shape[0] as number, a.shape[1] as number]);
      const kernel = op.reshape(a.graph.constant([0.5, -0.3, 0.2, 0.4]), [1, 1, 2, 2]);
      const y = op.conv(image, kernel, {});
      return op.reshape(y, [y.shape[2] as number, y.shape[3] as number]);
    },
    theirs: (a) => {
      const image = tf.reshape(a, [1, a.shape[0], a.shape[1], 1]) as tf.Tensor4D;
      const kernel = tf.tensor4d([0.5, -0.3, 0.2, 0.4], [2, 2, 1, 1]);
      return tf.reshape(tf.conv2d(image, kernel, 1, "valid"), [a.shape[0] - 1, a.shape[1] - 1]);
    },
  },
};

const small = (shape: readonly number[]) => shape.every((dim) => dim <= 12);

/** Adds a random step to both worlds; null when the drawn one does not fit. */
function next(draw: Draw, pairs: readonly Pair[]): Pair | null {
  const step = steps[draw.pick(Object.keys(steps))] as Step;
  const [a, b, number] = [draw.pick(pairs), draw.pick(pairs), draw.int(0, 1)];
  if (!step.fits(a.ours, b.ours)) return null;
  const ours = step.ours(a.ours, b.ours, number);
  return small(ours.shape) ? { ours, theirs: () => step.theirs(a.theirs(), b.theirs(), number) as tf.Tensor2D } : null;
}

async function agree(draw: Draw): Promise<void> {
  const graph = emptyGraph("random");
  const feeds: Record<string, Tensor> = {};
  const [rows, columns] = [draw.int(1, 4), draw.int(1, 4)];
  const shapes = [
    [rows, columns],
    [rows, columns],
    draw.pick([
      [columns, rows],
      [1, columns],
      [rows, 1],
    ]),
  ];
  const held = new Map<string, tf.Tensor2D>();
  const inputs = shapes.map((shape, i): Pair => {
    const contents = draw.floats(shape, (x) => x / 2);
    const name = `x${i}`;
    feeds[name] = contents;
    held.set(name, tf.tensor2d(numbers(contents), shape as [number, number]));
    return { ours: graph.input(name, contents), theirs: () => held.get(name) as tf.Tensor2D };
  });
  const pairs = [...inputs];
  for (let i = 0; i < 10; i++) {
    const made = next(draw, pairs);
    if (made) pairs.push(made);
  }
  // Every element of the last few results counts, by a fixed wave of weights; and every input, as TensorFlow.js demands.
  const results = [...inputs, ...pairs.slice(-3)];
  const wave = (size: number) => Array.from({ length: size }, (_, i) => Math.cos(0.7 + 1.3 * i));
  const terms = results.map(({ ours }) => {
    const weights = op.reshape(graph.constant(wave(sizeOf(ours.shape))), ours.shape);
    return op.reduceSum(op.mul(ours, weights));
  });
  const loss = op.sum(...terms);
  graph.output("loss", loss);
  grad(loss, graph.inputs).forEach((gradient, i) => {
    graph.output(`grad${i}`, gradient);
  });
  const program = await compile(graph, { threads: 1 });
  const got = await program.run(feeds);
  await program.dispose();
  tf.tidy(() => {
    const objective = (...xs: tf.Tensor[]) => {
      xs.forEach((x, i) => {
        held.set(`x${i}`, x as tf.Tensor2D);
      });
      const sums = results.map(({ theirs }) => {
        const y = theirs();
        return tf.sum(tf.mul(y, tf.tensor(wave(y.size), y.shape)));
      });
      return tf.addN(sums) as tf.Scalar;
    };
    const { value, grads } = tf.valueAndGrads(objective)([...held.values()]);
    near(numbers(got.loss as Tensor), [...value.dataSync()], "loss");
    grads.forEach((gradient, i) => {
      near(numbers(got[`grad${i}`] as Tensor), [...gradient.dataSync()], `gradient of x${i}`);
    });
  });
}

function near(got: number[], want: number[], what: string): void {
  const scale = 1 + Math.max(...want.map(Math.abs));
  want.forEach((value, i) => {
    expect(Math.abs((got[i] as number) - value) / scale, `${what}[${i}]: ${got[i]} instead of ${value}`).toBeLessThan(
      2e-4,
    );
  });
}

describe("random graphs against TensorFlow.js", () => {
  beforeAll(async () => {
    await tf.setBackend("cpu");
  });

  it("agree in value and gradients, 200 of them", async () => {
    await fc.assert(
      fc.asyncProperty(fc.gen(), (generate) => agree(drawFrom(generate))),
      { numRuns: 200, seed: 7, endOnFailure: true },
    );
  });
});
