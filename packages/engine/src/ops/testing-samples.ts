/** For every operator of the table, random calls of it: what the conformance test runs. */
import fc from "fast-check";
import { graph as emptyGraph } from "../graph/builder.ts";
import type { Attributes } from "../graph/graph.ts";
import { type DType, numbers, type Shape, sizeOf, type Tensor, tensor } from "../graph/tensor.ts";
import { castCodes } from "./functions.ts";
import type { OpName } from "./index.ts";

/** A call of an operator: float tensors are graph inputs, whose gradients are checked; `constant(...)` ones are not. */
export interface Sample {
  inputs: readonly (Tensor | Constant | null)[];
  attributes?: Attributes;
  numOutputs?: number;
}

export interface Constant {
  constant: Tensor;
}

export interface Draw {
  int(min: number, max: number): number;
  pick<T>(choices: readonly T[]): T;
  shape(minRank: number, maxRank: number): number[];
  /** Distinct numbers on a grid of spacing 0.13 around 0, shuffled: no ties, no kink within a difference step. */
  floats(shape: Shape, map?: (x: number) => number): Tensor;
  bools(shape: Shape): Tensor;
  /** int64 in [-limit, limit). */
  indices(shape: Shape, limit: number): Tensor;
  /** A non-empty set of axes of a shape, some counted from the end. */
  axes(rank: number): number[];
  axis(rank: number): number;
}

export function drawFrom(generate: fc.GeneratorValue): Draw {
  const int = (min: number, max: number) => generate(fc.integer, { min, max });
  const draw: Draw = {
    int,
    pick: (choices) => choices[int(0, choices.length - 1)] as (typeof choices)[number],
    shape: (minRank, maxRank) => Array.from({ length: int(minRank, maxRank) }, () => int(1, 4)),
    floats(shape, map = (x) => x) {
      const size = sizeOf(shape);
      const state = { seed: int(1, 2 ** 31 - 1) };
      const order = shuffled(size, state);
      return tensor(
        "float32",
        shape,
        order.map((rank) => map((rank - size / 2 + 0.37) * Math.min(0.13, 6 / size))),
      );
    },
    bools: (shape) =>
      tensor(
        "bool",
        shape,
        Array.from({ length: sizeOf(shape) }, () => int(0, 1)),
      ),
    indices: (shape, limit) =>
      tensor(
        "int64",
        shape,
        Array.from({ length: sizeOf(shape) }, () => int(-limit, limit - 1)),
      ),
    axes(rank) {
      const chosen = Array.from({ length: rank }, (_, i) => i).filter(() => int(0, 1) === 1);
      return (chosen.length > 0 ? chosen : [0]).map((axis) => (int(0, 1) === 1 ? axis - rank : axis));
    },
    axis: (rank) => int(-rank, rank - 1),
  };
  return draw;
}

/** Fisher-Yates with a small generator: cheaper than asking fast-check for every element. */
function shuffled(size: number, state: { seed: number }): number[] {
  const order = Array.from({ length: size }, (_, i) => i);
  for (let i = size - 1; i > 0; i--) {
    state.seed = (Math.imul(1664525, state.seed) + 1013904223) >>> 0;
    const j = state.seed % (i + 1);
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
}

const constant = (held: Tensor): Constant => ({ constant: held });
const int64 = (values: readonly number[]): Constant => constant(tensor("int64", [values.length], values));
const scalar64 = (value: number): Constant => constant(tensor("int64", [], [value]));

type Sampler = (draw: Draw) => Sample;

const positive = (x: number) => Math.abs(x) + 0.4;
/** Away from 0, sign kept. */
const apart = (x: number) => x + Math.sign(x) * 0.4;
/** Into (-0.9, 0.9). */
const inside = (x: number) => Math.tanh(x) * 0.9;

/** One float input. */
const unary =
  (map?: (x: number) => number, attributes?: (draw: Draw) => Attributes): Sampler =>
  (draw) => ({ inputs: [draw.floats(draw.shape(0, 3), map)], attributes: attributes?.(draw) });

/** Two float inputs that broadcast. */
const binary =
  (mapA?: (x: number) => number, mapB?: (x: number) => number): Sampler =>
  (draw) => {
    const [a, b] = broadcastPair(draw);
    return { inputs: [draw.floats(a, mapA), draw.floats(b, mapB)] };
  };

function broadcastPair(draw: Draw): [number[], number[]] {
  const full = draw.shape(1, 3);
  const shrink = (shape: number[]) =>
    shape.slice(draw.int(0, shape.length)).map((dim) => (draw.int(0, 2) === 0 ? 1 : dim));
  const whole = draw.int(0, 2);
  return [whole === 1 ? shrink(full) : full, whole === 2 ? shrink(full) : full];
}

const comparison: Sampler = (draw) => binary((x) => Math.round(2 * x))(draw);
const logic: Sampler = (draw) => {
  const [a, b] = broadcastPair(draw);
  return { inputs: [draw.bools(a), draw.bools(b)] };
};

const variadic: Sampler = (draw) => {
  const shape = draw.shape(1, 3);
  // One grid cut into pieces, so that no two operands tie.
  const all = draw.floats([3, ...shape]);
  const size = sizeOf(shape);
  const pieces = [0, 1, 2].slice(0, draw.int(1, 3));
  return {
    inputs: pieces.map((i) => tensor("float32", shape, [...all.data].slice(i * size, (i + 1) * size).map(Number))),
  };
};

const reduction =
  (map?: (x: number) => number): Sampler =>
  (draw) => {
    const shape = draw.shape(1, 3);
    const data = draw.floats(shape, map);
    const attributes = { keepdims: draw.int(0, 1) };
    return draw.int(0, 3) === 0
      ? { inputs: [data], attributes }
      : { inputs: [data, int64(draw.axes(shape.length))], attributes };
  };

const argExtreme: Sampler = (draw) => {
  const shape = draw.shape(1, 3);
  return { inputs: [draw.floats(shape)], attributes: { axis: draw.axis(shape.length), keepdims: draw.int(0, 1) } };
};

const softmax: Sampler = (draw) => {
  const shape = draw.shape(1, 3);
  return { inputs: [draw.floats(shape)], attributes: { axis: draw.axis(shape.length) } };
};

interface DrawnWindow {
  spatial: number[];
  attributes: { kernel_shape: number[]; strides: number[]; dilations: number[]; pads?: number[] } & Attributes;
}

/** A window over 1 or 2 spatial axes that fits. */
function window(draw: Draw, { dilated = true } = {}): DrawnWindow {
  const rank = draw.int(1, 2);
  const many = (min: number, max: number) => Array.from({ length: rank }, () => draw.int(min, max));
  const kernel_shape = many(1, 3);
  const dilations = dilated ? many(1, 2) : kernel_shape.map(() => 1);
  const strides = many(1, 3);
  const reach = kernel_shape.map((size, i) => (size - 1) * (dilations[i] as number) + 1);
  const spatial = reach.map((size) => size + draw.int(0, 3));
  const auto = dilated ? draw.pick(["NOTSET", "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"]) : "NOTSET";
  // ONNX Runtime refuses (convolution) or forgets (pooling) a dilation where it chooses the pads itself.
  const undilated = kernel_shape.map(() => 1);
  if (auto !== "NOTSET")
    return { spatial, attributes: { kernel_shape, strides, dilations: undilated, auto_pad: auto } };
  const pads = [...kernel_shape, ...kernel_shape].map((size) => draw.int(0, size - 1));
  return { spatial, attributes: { kernel_shape, strides, dilations, pads } };
}

const pool: Sampler = (draw) => {
  const { spatial, attributes } = window(draw);
  const ceil_mode = attributes.pads ? draw.int(0, 1) : 0;
  return { inputs: [draw.floats([2, draw.int(1, 2), ...spatial])], attributes: { ...attributes, ceil_mode } };
};

const channels: Sampler = (draw) => ({ inputs: [draw.floats([2, draw.int(1, 3), draw.int(1, 4), draw.int(1, 4)])] });

/** A recurrent layer of `gates` gates and as many states as given. */
const recurrent =
  (gates: number, numStates: number): Sampler =>
  (draw) => {
    const direction = draw.pick(["forward", "reverse", "bidirectional"]);
    const directions = direction === "bidirectional" ? 2 : 1;
    const [T, batch, features, hidden] = [draw.int(1, 3), 2, draw.int(1, 3), draw.int(1, 3)];
    const small = (x: number) => 0.5 * Math.sin(x);
    const weights = [
      draw.floats([directions, gates * hidden, features], small),
      draw.floats([directions, gates * hidden, hidden], small),
      draw.floats([directions, 2 * gates * hidden], small),
    ];
    const lengths = draw.int(0, 1) === 1 ? constant(tensor("int32", [batch], [T, draw.int(1, T)])) : null;
    const states = Array.from({ length: numStates }, () => draw.floats([directions, batch, hidden], small));
    const late: Attributes = gates === 3 ? { linear_before_reset: draw.int(0, 1) } : {};
    return {
      inputs: [draw.floats([T, batch, features], small), ...weights, lengths, ...states],
      attributes: { hidden_size: hidden, direction, ...late },
      numOutputs: 1 + numStates,
    };
  };

const lossSample: Sampler = (draw) => {
  const shape = draw.pick([[3], [3, 3]]);
  // The first target counts in any case: a mean over nothing is no number.
  const classes = numbers(draw.indices(shape, 4)).map((at, i) => (i === 0 ? 1 : at & 3));
  const weight = draw.int(0, 1) === 0 ? [] : [draw.floats([4], positive)];
  const reduction = draw.pick(["mean", "sum", "none"]);
  const attributes: Attributes = draw.int(0, 1) === 0 ? { reduction } : { reduction, ignore_index: 2 };
  return { inputs: [draw.floats([3, 4, ...shape.slice(1)]), tensor("int64", shape, classes), ...weight], attributes };
};

/** Names the dtype that a Cast goes to. */
const castTo = (dtype: DType): Attributes => ({ to: castCodes[dtype] });

export const samples = {
  Add: binary(),
  Sub: binary(),
  Mul: binary(),
  Div: binary(undefined, apart),
  Pow: (draw) =>
    draw.int(0, 1) === 0
      ? binary(positive)(draw)
      : { inputs: [draw.floats(draw.shape(1, 3), apart), constant(tensor("float32", [], [draw.pick([1, 2, 3, -1])]))] },
  // The dividend stays half a unit away from multiples of the divisor, where the result jumps.
  Mod: (draw) => ({
    inputs: [draw.floats([2, 3], (x) => Math.trunc(x) + 0.5), constant(tensor("float32", [], [draw.pick([1, 2])]))],
    attributes: { fmod: 1 },
  }),
  Max: variadic,
  Min: variadic,
  Sum: variadic,
  Mean: variadic,
  Neg: unary(),
  Abs: unary(apart),
  Sqrt: unary(positive),
  Exp: unary(),
  Log: unary(positive),
  Reciprocal: unary(apart),
  Erf: unary(),
  Sin: unary(),
  Cos: unary(),
  Tan: unary(inside),
  Sinh: unary(inside),
  Cosh: unary(inside),
  Asin: unary(inside),
  Acos: unary(inside),
  Atan: unary(),
  Asinh: unary(),
  Acosh: unary((x) => positive(x) + 1),
  Atanh: unary(inside),
  Sign: unary(apart),
  Floor: unary((x) => Math.floor(x) + 0.5),
  Ceil: unary((x) => Math.floor(x) + 0.5),
  Round: unary((x) => Math.floor(x) + 0.25),
  Identity: unary(),
  Equal: comparison,
  Less: comparison,
  LessOrEqual: comparison,
  Greater: comparison,
  GreaterOrEqual: comparison,
  And: logic,
  Or: logic,
  Xor: logic,
  Not: (draw) => ({ inputs: [draw.bools(draw.shape(0, 3))] }),
  IsNaN: unary((x) => (x < 0 ? Number.NaN : x)),
  IsInf: unary((x) => (x < 0 ? Number.NEGATIVE_INFINITY : x)),
  Where: (draw) => {
    const [a, b] = broadcastPair(draw);
    return { inputs: [draw.bools(draw.pick([a, b])), draw.floats(a), draw.floats(b)] };
  },

  Relu: unary(apart),
  Sigmoid: unary(),
  Tanh: unary(),
  Softplus: unary(),
  Softsign: unary(),
  Mish: unary(),
  Silu: unary(),
  Swish: unary(undefined, (draw) => ({ alpha: draw.pick([1, 1.702]) })),
  Shrink: unary(
    (x) => Math.trunc(x * 2) + 0.25,
    () => ({ bias: 0.3, lambd: 0.5 }),
  ),
  HardSwish: unary((x) => Math.trunc(x * 2) + 0.5),
  HardSigmoid: unary(
    (x) => Math.trunc(x * 2) + 0.25,
    () => ({ alpha: 0.25, beta: 0.5 }),
  ),
  LeakyRelu: unary(apart, (draw) => ({ alpha: draw.pick([0.01, 0.3]) })),
  ThresholdedRelu: unary(apart, () => ({ alpha: 0.2 })),
  Elu: unary(apart, (draw) => ({ alpha: draw.pick([1, 0.7]) })),
  Selu: unary(apart),
  Celu: unary(apart, (draw) => ({ alpha: draw.pick([1, 0.7]) })),
  PRelu: (draw) => {
    const shape = draw.shape(2, 3);
    return { inputs: [draw.floats(shape, apart), draw.floats([shape.at(-1) as number])] };
  },
  Gelu: unary(undefined, (draw) => ({ approximate: draw.pick(["none", "tanh"]) })),
  Clip: (draw) => {
    const bound = (value: number) => tensor("float32", [], [value]);
    const x = draw.floats(draw.shape(1, 3), (value) => Math.trunc(value * 3) + 0.5);
    return { inputs: draw.pick([[x, bound(-1)], [x, null, bound(1)], [x, bound(-1), bound(2)], [x]]) };
  },
  Softmax: softmax,
  Hardmax: softmax,
  LogSoftmax: softmax,

  MatMul: (draw) => {
    const [m, k, n] = [draw.int(1, 4), draw.int(1, 4), draw.int(1, 4)];
    const batch = draw.pick<[number[], number[]]>([
      [[], []],
      [[2], []],
      [[], [3]],
      [[2], [2]],
      [[2, 1], [3]],
      [
        [1, 3],
        [2, 1],
      ],
    ]);
    const a = draw.int(0, 5) === 0 ? [k] : [...batch[0], m, k];
    const b = draw.int(0, 5) === 0 ? [k] : [...batch[1], k, n];
    return { inputs: [draw.floats(a), draw.floats(b)] };
  },
  Gemm: (draw) => {
    const [m, k, n] = [draw.int(1, 4), draw.int(1, 4), draw.int(1, 4)];
    const [transA, transB] = [draw.int(0, 1), draw.int(0, 1)];
    const c = draw.pick([[m, n], [n], [m, 1], [1, n], [], null]);
    const inputs = [
      draw.floats(transA ? [k, m] : [m, k]),
      draw.floats(transB ? [n, k] : [k, n]),
      ...(c ? [draw.floats(c)] : []),
    ];
    return { inputs, attributes: { transA, transB, alpha: draw.pick([1, 0.5]), beta: draw.pick([1, 2]) } };
  },
  Einsum: (draw) => {
    const [equation, ...shapes] = draw.pick<[string, ...number[][]]>([
      ["ij,jk->ik", [2, 3], [3, 4]],
      ["bij,bjk", [2, 3, 4], [2, 4, 2]],
      ["bhid,bhjd->bhij", [1, 2, 3, 4], [1, 2, 2, 4]],
      ["ij->j", [2, 3]],
      ["ij,kl->il", [2, 3], [2, 4]],
      ["...ij,...jk->...ik", [2, 2, 3], [2, 3, 2]],
      ["i,j,k->kij", [2], [3], [2]],
      ["ijk->kji", [2, 3, 4]],
    ]);
    return { inputs: shapes.map((shape) => draw.floats(shape)), attributes: { equation } };
  },

  ReduceSum: reduction(),
  ReduceMean: reduction(),
  ReduceMax: reduction(),
  ReduceMin: reduction(),
  ReduceProd: reduction(),
  ReduceL1: reduction(apart),
  ReduceL2: reduction(apart),
  ReduceLogSum: reduction(positive),
  ReduceLogSumExp: reduction(),
  ReduceSumSquare: reduction(),
  ArgMax: argExtreme,
  ArgMin: argExtreme,
  CumSum: (draw) => {
    const shape = draw.shape(1, 3);
    const axis = scalar64(draw.axis(shape.length));
    return { inputs: [draw.floats(shape), axis], attributes: { exclusive: draw.int(0, 1), reverse: draw.int(0, 1) } };
  },

  LayerNormalization: (draw) => {
    const shape = [draw.int(1, 3), draw.int(1, 3), draw.int(3, 5)];
    const axis = draw.pick([-1, 2, 1, -2]);
    const dims = shape.slice(axis);
    const weights = draw.int(0, 2) === 0 ? [draw.floats(dims)] : [draw.floats(dims), draw.floats(dims)];
    return { inputs: [draw.floats(shape), ...weights], attributes: { axis, epsilon: 0.01 } };
  },
  RMSNormalization: (draw) => {
    const shape = [draw.int(1, 3), draw.int(1, 3), draw.int(2, 5)];
    const axis = draw.pick([-1, 1]);
    return { inputs: [draw.floats(shape), draw.floats(shape.slice(axis))], attributes: { axis, epsilon: 0.01 } };
  },
  GroupNormalization: (draw) => {
    const [groups, per] = [draw.int(1, 2), draw.int(1, 2)];
    const c = groups * per;
    const inputs = [draw.floats([2, c, 2, draw.int(2, 3)]), draw.floats([c]), draw.floats([c])];
    return { inputs, attributes: { num_groups: groups, epsilon: 0.01 } };
  },
  InstanceNormalization: (draw) => {
    const c = draw.int(1, 3);
    return { inputs: [draw.floats([2, c, 2, 3]), draw.floats([c]), draw.floats([c])], attributes: { epsilon: 0.01 } };
  },
  BatchNormalization: (draw) => {
    const c = draw.int(1, 3);
    const weights = [draw.floats([c]), draw.floats([c]), draw.floats([c]), draw.floats([c], positive)];
    return {
      inputs: [
        draw.floats(
          draw.pick([
            [3, c],
            [2, c, 3],
            [2, c, 2, 2],
          ]),
        ),
        ...weights,
      ],
      attributes: { epsilon: 0.01 },
    };
  },
  MeanVarianceNormalization: (draw) => ({ inputs: [draw.floats([2, draw.int(1, 2), 2, draw.int(2, 3)])] }),
  LRN: (draw) => {
    const attributes = { size: draw.int(1, 4), alpha: 0.3, beta: draw.pick([0.75, 1]), bias: 1.5 };
    return { inputs: [draw.floats([2, draw.int(1, 5), 2, 2])], attributes };
  },
  LpNormalization: (draw) => {
    const shape = draw.shape(1, 3);
    return { inputs: [draw.floats(shape, apart)], attributes: { axis: draw.axis(shape.length), p: draw.int(1, 2) } };
  },

  NegativeLogLikelihoodLoss: lossSample,
  SoftmaxCrossEntropyLoss: lossSample,

  Conv: (draw) => {
    const { spatial, attributes } = window(draw);
    const group = draw.int(1, 3);
    const [perIn, perOut] = [draw.int(1, 2), draw.int(1, 2)];
    const bias = draw.int(0, 1) === 1 ? [draw.floats([group * perOut])] : [];
    const inputs = [
      draw.floats([draw.int(1, 2), group * perIn, ...spatial]),
      draw.floats([group * perOut, perIn, ...attributes.kernel_shape]),
    ];
    return { inputs: [...inputs, ...bias], attributes: { ...attributes, group } };
  },
  ConvTranspose: (draw) => {
    const { spatial, attributes } = window(draw, { dilated: false });
    const dilations = attributes.kernel_shape.map(() => draw.int(1, 2));
    const group = draw.int(1, 2);
    const [perIn, perOut] = [draw.int(1, 2), draw.int(1, 2)];
    const output_padding = attributes.strides.map((stride) => draw.int(0, stride - 1));
    const bias = draw.int(0, 1) === 1 ? [draw.floats([group * perOut])] : [];
    const inputs = [
      draw.floats([draw.int(1, 2), group * perIn, ...spatial]),
      draw.floats([group * perIn, perOut, ...attributes.kernel_shape]),
    ];
    return { inputs: [...inputs, ...bias], attributes: { ...attributes, dilations, output_padding, group } };
  },

  MaxPool: pool,
  AveragePool: (draw) => {
    const { inputs, attributes } = pool(draw);
    return { inputs, attributes: { ...attributes, count_include_pad: draw.int(0, 1) } };
  },
  GlobalAveragePool: channels,
  GlobalMaxPool: channels,
  Resize: (draw) => {
    const shape = [1, 2, draw.int(2, 4), draw.int(2, 4)];
    const mode = draw.pick(["nearest", "linear", "cubic"]);
    const coordinate_transformation_mode = draw.pick([
      "half_pixel",
      "pytorch_half_pixel",
      "align_corners",
      "asymmetric",
    ]);
    const nearest_mode = draw.pick(["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]);
    const attributes = { mode, coordinate_transformation_mode, ...(mode === "nearest" && { nearest_mode }) };
    if (draw.int(0, 1) === 0) {
      const scales = constant(tensor("float32", [4], [1, 1, draw.pick([2, 1.5, 0.5]), draw.pick([2, 3, 1])]));
      return { inputs: [draw.floats(shape), null, scales], attributes };
    }
    const target = [draw.int(1, 7), draw.int(1, 7)];
    if (draw.int(0, 1) === 0) return { inputs: [draw.floats(shape), null, null, int64([1, 2, ...target])], attributes };
    const some = { axes: [2, 3], keep_aspect_ratio_policy: draw.pick(["not_larger", "not_smaller", "stretch"]) };
    return { inputs: [draw.floats(shape), null, null, int64(target)], attributes: { ...attributes, ...some } };
  },

  Reshape: (draw) => {
    const shape = [draw.int(1, 3), draw.int(1, 3), draw.int(1, 3)] as const;
    const target = draw.pick([[-1], [0, -1], [shape[2], -1], [shape[0] * shape[1], shape[2]], [...shape, 1]]);
    return { inputs: [draw.floats(shape), int64(target)] };
  },
  Flatten: (draw) => {
    const shape = draw.shape(1, 4);
    return { inputs: [draw.floats(shape)], attributes: { axis: draw.int(-shape.length, shape.length) } };
  },
  Squeeze: (draw) => {
    const x = draw.floats([1, draw.int(2, 3), 1]);
    return { inputs: draw.pick([[x], [x, int64([0])], [x, int64([-1, 0])]]) };
  },
  Unsqueeze: (draw) => ({ inputs: [draw.floats([2, 3]), int64(draw.pick([[0], [-1], [1, 3], [0, -1]]))] }),
  Transpose: (draw) => {
    const shape = draw.shape(1, 4);
    return draw.int(0, 3) === 0
      ? { inputs: [draw.floats(shape)] }
      : { inputs: [draw.floats(shape)], attributes: { perm: shuffled(shape.length, { seed: draw.int(1, 1e6) }) } };
  },
  Expand: (draw) => {
    const shape = draw.shape(1, 3);
    const narrow = shape.map((dim) => (draw.int(0, 1) === 0 ? 1 : dim));
    return { inputs: [draw.floats(narrow), int64(draw.int(0, 1) === 0 ? shape : [2, ...shape])] };
  },
  Tile: (draw) => {
    const shape = draw.shape(1, 3);
    return { inputs: [draw.floats(shape), int64(shape.map(() => draw.int(1, 3)))] };
  },
  Slice: (draw) => {
    const shape = [draw.int(3, 5), draw.int(3, 6)];
    const axes = draw.pick([[0], [1], [-1], [0, 1]]);
    const steps = axes.map(() => draw.pick([1, 1, 2, 3, -1, -2]));
    const starts = steps.map((step) => (step > 0 ? draw.pick([0, 1, -3]) : draw.pick([-1, 100, 2])));
    const ends = steps.map((step) => (step > 0 ? draw.pick([3, -1, 100]) : draw.pick([0, -100, -3])));
    return { inputs: [draw.floats(shape), int64(starts), int64(ends), int64(axes), int64(steps)] };
  },
  Split: (draw) => {
    const parts = Array.from({ length: draw.int(1, 3) }, () => draw.int(1, 3));
    const axis = draw.pick([0, 1, -1]);
    const total = parts.reduce((a, b) => a + b, 0);
    const x = draw.floats(axis === 0 ? [total, 2] : [2, total]);
    return { inputs: [x, int64(parts)], attributes: { axis }, numOutputs: parts.length };
  },
  Concat: (draw) => {
    const axis = draw.pick([0, 1, -1]);
    const inputs = Array.from({ length: draw.int(1, 3) }, () =>
      draw.floats(axis === 0 ? [draw.int(1, 3), 2] : [2, draw.int(1, 3)]),
    );
    return { inputs, attributes: { axis } };
  },
  Pad: (draw) => {
    const mode = draw.pick(["constant", "constant", "reflect", "edge", "wrap"]);
    const shape = [draw.int(3, 4), draw.int(3, 4)];
    const low = mode === "constant" ? -1 : 0;
    const pads = Array.from({ length: 4 }, () => draw.int(low, 2));
    const x = draw.floats(shape);
    if (draw.int(0, 1) === 0) return { inputs: [x, int64(pads)], attributes: { mode } };
    const value = constant(tensor("float32", [], [0.5]));
    return {
      inputs: [x, int64([1, 2]), mode === "constant" ? value : null, int64([draw.pick([0, -1])])],
      attributes: { mode },
    };
  },
  Trilu: (draw) => {
    const shape = [...draw.shape(0, 1), draw.int(1, 4), draw.int(1, 4)];
    return { inputs: [draw.floats(shape), scalar64(draw.int(-2, 2))], attributes: { upper: draw.int(0, 1) } };
  },
  DepthToSpace: (draw) => {
    const blocksize = draw.int(1, 2);
    const x = draw.floats([2, blocksize ** 2 * draw.int(1, 2), 2, draw.int(1, 3)]);
    return { inputs: [x], attributes: { blocksize, mode: draw.pick(["DCR", "CRD"]) } };
  },
  SpaceToDepth: (draw) => {
    const blocksize = draw.int(1, 2);
    return { inputs: [draw.floats([2, 2, blocksize * 2, blocksize * draw.int(1, 2)])], attributes: { blocksize } };
  },
  Cast: (draw) => unary(undefined, () => castTo(draw.pick<DType>(["float64", "float32", "int64", "bool"])))(draw),
  CastLike: (draw) => ({ inputs: [draw.floats(draw.shape(0, 3)), constant(tensor("float64", [1], [0]))] }),
  Shape: unary(undefined, (draw) => draw.pick<Attributes>([{}, { start: 1 }, { start: -2, end: -1 }])),
  Size: unary(),
  Constant: (draw) => ({
    inputs: [],
    attributes: draw.pick<Attributes>([
      { value: tensor("float32", [2], [1, 2]) },
      { value_int: 3 },
      { value_floats: [0.5, 1] },
    ]),
  }),
  ConstantOfShape: (draw) => ({
    inputs: [int64(draw.shape(1, 3))],
    attributes: { value: tensor("float32", [1], [0.5]) },
  }),
  Range: (draw) => ({ inputs: [scalar64(draw.int(-2, 2)), scalar64(draw.int(3, 6)), scalar64(draw.int(1, 3))] }),
  EyeLike: (draw) => ({ inputs: [draw.floats([draw.int(1, 4), draw.int(1, 4)])], attributes: { k: draw.int(-1, 1) } }),

  Gather: (draw) => {
    const shape = draw.shape(1, 3);
    const axis = draw.axis(shape.length);
    const indices = draw.indices(draw.pick([[], [1], [4], [2, 2]]), shape.at(axis) as number);
    return { inputs: [draw.floats(shape), draw.int(0, 1) === 0 ? indices : constant(indices)], attributes: { axis } };
  },
  GatherElements: (draw) => {
    const shape = draw.shape(1, 3);
    const axis = draw.axis(shape.length);
    const at = (axis + shape.length) % shape.length;
    const picked = shape.map((dim, i) => (i === at ? draw.int(1, 5) : draw.int(1, dim)));
    return { inputs: [draw.floats(shape), draw.indices(picked, shape[at] as number)], attributes: { axis } };
  },
  GatherND: (draw) => {
    const batch_dims = draw.int(0, 1);
    const inputs = batch_dims
      ? [
          draw.floats([2, 3, 2]),
          draw.indices(
            draw.pick([
              [2, 1],
              [2, 4, 1],
            ]),
            3,
          ),
        ]
      : [draw.floats([3, 3, 2]), draw.indices(draw.pick([[4, 1], [2, 2, 2], [2]]), 3)];
    return { inputs, attributes: { batch_dims } };
  },
  ScatterND: (draw) => {
    const reduction = draw.pick(["none", "add"]);
    // Without a reduction a position may be written only once.
    const rows = reduction === "add" ? draw.indices([3, 1], 4) : tensor("int64", [2, 1], [3, 0]);
    return {
      inputs: [draw.floats([4, 3]), rows, draw.floats([rows.shape[0] as number, 3])],
      attributes: { reduction },
    };
  },
  ScatterElements: (draw) => {
    const reduction = draw.pick(["none", "add"]);
    const at = reduction === "add" ? draw.indices([2, 3], 4) : tensor("int64", [2, 3], [0, 3, 1, 2, 1, 0]);
    return {
      inputs: [draw.floats([2, 4]), at, draw.floats([2, 3])],
      attributes: { axis: draw.pick([1, -1]), reduction },
    };
  },
  TopK: (draw) => {
    const shape = draw.shape(1, 3);
    const axis = draw.axis(shape.length);
    const k = draw.int(1, shape.at(axis) as number);
    return { inputs: [draw.floats(shape), int64([k])], attributes: { axis, largest: draw.int(0, 1) } };
  },
  GridSample: (draw) => {
    const mode = draw.pick(["linear", "nearest", "cubic"]);
    const padding_mode = draw.pick(["zeros", "border", "reflection"]);
    const shape = [2, draw.int(1, 2), draw.int(2, 4), draw.int(2, 4)];
    const grid = [2, draw.int(1, 2), draw.int(1, 3), 2];
    // Positions a quarter of a pixel away from the whole and half ones, where the pixels that are mixed change.
    const sizes = [shape[3], shape[2]] as [number, number];
    const at = draw.floats(grid, (x) => Math.round(x * 4));
    const places = numbers(at).map((quarter, i) => {
      const size = sizes[i % 2] as number;
      return (2 * (Math.trunc(quarter / 2) + 0.25 + 0.5) + 1) / size - 1;
    });
    const attributes = { mode, padding_mode, align_corners: 0 };
    return { inputs: [draw.floats(shape), tensor("float32", grid, places)], attributes };
  },
  RNN: recurrent(1, 1),
  GRU: recurrent(3, 1),
  LSTM: recurrent(4, 2),
  OneHot: (draw) => ({
    inputs: [draw.indices(draw.shape(1, 2), 4), scalar64(4), constant(tensor("float32", [2], [0.25, 2]))],
    attributes: { axis: draw.pick([-1, 0]) },
  }),
  NonZero: (draw) => ({ inputs: [constant(draw.floats([2, 3], (x) => Math.trunc(2 * x)))] }),

  If: (draw) => {
    const branch = (value: number) => {
      const body = emptyGraph("branch");
      body.output("y", body.constant([value, value]));
      return body;
    };
    const cond = tensor("bool", [], [draw.int(0, 1)]);
    return { inputs: [cond], attributes: { then_branch: branch(1), else_branch: branch(2) } };
  },
  Loop: (draw) => {
    const body = emptyGraph("body");
    body.input("i", { dtype: "int64", shape: [] });
    const going = body.input("going", { dtype: "bool", shape: [] });
    const carried = body.input("carried", { dtype: "float32", shape: [2] });
    body.output("going_on", body.add("Identity", [going])[0] as never);
    body.output("next", body.add("Add", [carried, carried])[0] as never);
    return { inputs: [scalar64(draw.int(1, 3)), null, draw.floats([2])], attributes: { body } };
  },
  Dropout: (draw) => ({ inputs: [draw.floats(draw.shape(1, 3)), constant(tensor("float32", [], [0.5]))] }),
} satisfies Record<OpName, Sampler>;
