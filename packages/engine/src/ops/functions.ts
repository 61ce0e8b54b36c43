import { constantOf, isConstant, type Value } from "../graph/graph.ts";
import { type DType, isFloat, type Shape, sameShape } from "../graph/tensor.ts";
import { lift, list, many, type Operand, one, withGradient } from "./call.ts";
import { scatterAdd } from "./scatter.ts";

export interface ReduceOptions {
  /** Default: all axes. */
  axes?: readonly number[];
  /** Keep reduced axes with size 1? Default false (ONNX itself defaults to true). */
  keepdims?: boolean;
}

export interface ConvOptions {
  strides?: Shape;
  /** Begin of every spatial axis, then end of every one. */
  pads?: Shape;
  dilations?: Shape;
  group?: number;
  auto_pad?: "NOTSET" | "SAME_UPPER" | "SAME_LOWER" | "VALID";
}

export interface PoolOptions extends Omit<ConvOptions, "group"> {
  kernel_shape: Shape;
  ceil_mode?: number;
}

export interface SliceOptions {
  starts: Shape;
  ends: Shape;
  /** Default: the first axes. */
  axes?: Shape;
  steps?: Shape;
}

export interface ResizeOptions {
  /** Sizes or scales of all axes. */
  sizes?: Shape;
  scales?: readonly number[];
  mode?: "nearest" | "linear" | "cubic";
  coordinate_transformation_mode?: "half_pixel" | "align_corners" | "asymmetric" | "pytorch_half_pixel";
  nearest_mode?: "round_prefer_floor" | "round_prefer_ceil" | "floor" | "ceil";
}

const unary =
  (op: string) =>
  (x: Value): Value =>
    one(op, [x]);
const binary =
  (op: string) =>
  (a: Operand, b: Operand): Value =>
    one(op, lift([a, b]));
const variadic =
  (op: string) =>
  (...operands: Operand[]): Value =>
    operands.length === 1 ? (operands[0] as Value) : one(op, lift(operands));

const reduce =
  (op: string) =>
  (x: Value, { axes, keepdims = false }: ReduceOptions = {}): Value => {
    const none = axes?.length === 0 || (axes === undefined && x.shape.length === 0);
    if (none && neutralReductions.has(op)) return x;
    const inputs = axes === undefined ? [x] : [x, list(x, axes)];
    return one(op, inputs, { keepdims: Number(keepdims), ...(none && { noop_with_empty_axes: 1 }) });
  };
/** Reductions that leave a tensor as it is when there is nothing to reduce. */
const neutralReductions = new Set([
  "ReduceSum",
  "ReduceMean",
  "ReduceMax",
  "ReduceMin",
  "ReduceProd",
  "ReduceLogSumExp",
]);

/**
 * Functions that add one ONNX operator each (a few, marked as compositions, add several) and return its result. Names and
 * option names are ONNX's; what ONNX passes as constant inputs (shapes, axes, bounds) are options here.
 */
export const op = {
  // elementwise
  add: (a: Operand, b: Operand): Value => neutral(0, [a, b]) ?? one("Add", lift([a, b])),
  sub: binary("Sub"),
  mul: (a: Operand, b: Operand): Value => neutral(1, [a, b]) ?? one("Mul", lift([a, b])),
  div: binary("Div"),
  pow: binary("Pow"),
  mod: (a: Operand, b: Operand, { fmod = false } = {}): Value => one("Mod", lift([a, b]), { fmod: Number(fmod) }),
  min: variadic("Min"),
  max: variadic("Max"),
  sum: variadic("Sum"),
  mean: variadic("Mean"),
  neg: unary("Neg"),
  abs: unary("Abs"),
  sign: unary("Sign"),
  sqrt: unary("Sqrt"),
  exp: unary("Exp"),
  log: unary("Log"),
  erf: unary("Erf"),
  reciprocal: unary("Reciprocal"),
  floor: unary("Floor"),
  ceil: unary("Ceil"),
  round: unary("Round"),
  sin: unary("Sin"),
  cos: unary("Cos"),
  tan: unary("Tan"),
  sinh: unary("Sinh"),
  cosh: unary("Cosh"),
  asin: unary("Asin"),
  acos: unary("Acos"),
  atan: unary("Atan"),
  isNaN: unary("IsNaN"),
  isInf: unary("IsInf"),
  /** Composition x². */
  square: (x: Value): Value => one("Mul", [x, x]),

  // comparison and logic
  equal: binary("Equal"),
  less: binary("Less"),
  lessOrEqual: binary("LessOrEqual"),
  greater: binary("Greater"),
  greaterOrEqual: binary("GreaterOrEqual"),
  and: (a: Value, b: Value): Value => one("And", [a, b]),
  or: (a: Value, b: Value): Value => one("Or", [a, b]),
  xor: (a: Value, b: Value): Value => one("Xor", [a, b]),
  not: unary("Not"),
  where: (condition: Value, a: Operand, b: Operand): Value => {
    if (typeof a === "number" && typeof b === "number") {
      const { graph } = condition;
      return one("Where", [condition, graph.constant(a), graph.constant(b)]);
    }
    return one("Where", [condition, ...lift([a, b])]);
  },

  // activations
  tanh: unary("Tanh"),
  sigmoid: unary("Sigmoid"),
  relu: unary("Relu"),
  softplus: unary("Softplus"),
  softsign: unary("Softsign"),
  mish: unary("Mish"),
  hardSwish: unary("HardSwish"),
  gelu: (x: Value, { approximate = "none" }: { approximate?: "none" | "tanh" } = {}): Value =>
    one("Gelu", [x], { approximate }),
  /** Composition x · sigmoid(alpha x). */
  swish: (x: Value, { alpha = 1 } = {}): Value => {
    const gate = one("Sigmoid", [op.mul(x, alpha)]);
    const y = one("Mul", [x, gate]);
    return withGradient(y, {
      inputs: [x],
      saved: [gate, y],
      // σ + alpha (y − y σ): fewer passes than the chain rule through both factors.
      rule: ({ dy, saved }) => [() => op.mul(dy, swishSlope(saved as [Value, Value], alpha))],
    });
  },
  /** Swish with alpha 1. */
  silu: (x: Value): Value => op.swish(x),
  /** Swish with alpha 1.702. */
  quickGelu: (x: Value): Value => op.swish(x, { alpha: 1.702 }),
  leakyRelu: (x: Value, { alpha = 0.01 } = {}): Value => one("LeakyRelu", [x], { alpha }),
  elu: (x: Value, { alpha = 1 } = {}): Value => one("Elu", [x], { alpha }),
  selu: unary("Selu"),
  celu: (x: Value, { alpha = 1 } = {}): Value => one("Celu", [x], { alpha }),
  hardSigmoid: (x: Value, { alpha = 0.2, beta = 0.5 } = {}): Value => one("HardSigmoid", [x], { alpha, beta }),
  thresholdedRelu: (x: Value, { alpha = 1 } = {}): Value => one("ThresholdedRelu", [x], { alpha }),
  prelu: (x: Value, slope: Value): Value => one("PRelu", [x, slope]),
  clip: (x: Value, { min, max }: { min?: Operand; max?: Operand }): Value => {
    const bound = (limit: Operand | undefined) => (limit === undefined ? null : (lift([x, limit])[1] as Value));
    return one("Clip", max === undefined ? [x, bound(min)] : [x, bound(min), bound(max)]);
  },
  softmax: (x: Value, { axis = -1 } = {}): Value => one("Softmax", [x], { axis }),
  logSoftmax: (x: Value, { axis = -1 } = {}): Value => one("LogSoftmax", [x], { axis }),

  // products
  matMul: (a: Value, b: Value): Value => one("MatMul", [a, b]),
  /** alpha · A' B' + beta · C for matrices; A' is Aᵀ when transA. */
  gemm: (
    a: Value,
    b: Value,
    options: { c?: Value; transA?: boolean; transB?: boolean; alpha?: number; beta?: number } = {},
  ): Value => {
    const { c, transA = false, transB = false, alpha = 1, beta = 1 } = options;
    return one("Gemm", c ? [a, b, c] : [a, b], { transA: Number(transA), transB: Number(transB), alpha, beta });
  },
  einsum: (equation: string, ...operands: Value[]): Value => one("Einsum", operands, { equation }),

  // reductions
  reduceSum: reduce("ReduceSum"),
  reduceMean: reduce("ReduceMean"),
  reduceMax: reduce("ReduceMax"),
  reduceMin: reduce("ReduceMin"),
  reduceProd: reduce("ReduceProd"),
  reduceL1: reduce("ReduceL1"),
  reduceL2: reduce("ReduceL2"),
  reduceLogSum: reduce("ReduceLogSum"),
  reduceLogSumExp: reduce("ReduceLogSumExp"),
  reduceSumSquare: reduce("ReduceSumSquare"),
  argMax: (x: Value, { axis = 0, keepdims = false } = {}): Value =>
    one("ArgMax", [x], { axis, keepdims: Number(keepdims) }),
  argMin: (x: Value, { axis = 0, keepdims = false } = {}): Value =>
    one("ArgMin", [x], { axis, keepdims: Number(keepdims) }),
  cumSum: (
    x: Value,
    { axis, exclusive = false, reverse = false }: { axis: number; exclusive?: boolean; reverse?: boolean },
  ): Value =>
    one("CumSum", [x, x.graph.constant(axis, "int64")], { exclusive: Number(exclusive), reverse: Number(reverse) }),
  /** Composition: the sum of `x` down to a shape that broadcasts to its own; the adjoint of broadcasting. */
  sumTo: (x: Value, shape: Shape): Value => {
    const lead = x.shape.length - shape.length;
    const axes = x.shape.flatMap((dim, i) => (i < lead || (shape[i - lead] === 1 && dim !== 1) ? [i] : []));
    return axes.length === 0 ? op.reshape(x, shape) : op.reshape(op.reduceSum(x, { axes }), shape);
  },

  // normalisation
  layerNormalization: (x: Value, scale: Value, bias: Value | null = null, { axis = -1, epsilon = 1e-5 } = {}): Value =>
    one("LayerNormalization", bias ? [x, scale, bias] : [x, scale], { axis, epsilon }),
  groupNormalization: (
    x: Value,
    { scale, bias, num_groups, epsilon = 1e-5 }: { scale: Value; bias: Value; num_groups: number; epsilon?: number },
  ): Value => one("GroupNormalization", [x, scale, bias], { num_groups, epsilon }),
  rmsNormalization: (x: Value, scale: Value, { axis = -1, epsilon = 1e-5 } = {}): Value =>
    one("RMSNormalization", [x, scale], { axis, epsilon }),
  instanceNormalization: (
    x: Value,
    { scale, bias, epsilon = 1e-5 }: { scale: Value; bias: Value; epsilon?: number },
  ): Value => one("InstanceNormalization", [x, scale, bias], { epsilon }),
  /** Inference form: mean and variance are given. */
  batchNormalization: (
    x: Value,
    {
      scale,
      bias,
      mean,
      variance,
      epsilon = 1e-5,
    }: { scale: Value; bias: Value; mean: Value; variance: Value; epsilon?: number },
  ): Value => one("BatchNormalization", [x, scale, bias, mean, variance], { epsilon }),

  // convolution and pooling
  conv: (x: Value, weight: Value, { bias, ...options }: ConvOptions & { bias?: Value } = {}): Value =>
    one("Conv", bias ? [x, weight, bias] : [x, weight], { ...options }),
  convTranspose: (
    x: Value,
    weight: Value,
    { bias, ...options }: ConvOptions & { bias?: Value; output_padding?: Shape } = {},
  ): Value => one("ConvTranspose", bias ? [x, weight, bias] : [x, weight], { ...options }),
  maxPool: (x: Value, options: PoolOptions): Value => one("MaxPool", [x], { ...options }),
  averagePool: (x: Value, options: PoolOptions & { count_include_pad?: number }): Value =>
    one("AveragePool", [x], { ...options }),
  globalAveragePool: unary("GlobalAveragePool"),
  globalMaxPool: unary("GlobalMaxPool"),
  resize: (x: Value, { sizes, scales, ...options }: ResizeOptions): Value =>
    one("Resize", sizes ? [x, null, null, list(x, sizes)] : [x, null, x.graph.constant(scales ?? [])], { ...options }),

  // shape and indexing
  cast: (x: Value, to: DType): Value => (x.dtype === to ? x : one("Cast", [x], { to: castCodes[to] })),
  reshape: (x: Value, shape: Shape): Value => (sameShape(x.shape, shape) ? x : one("Reshape", [x, list(x, shape)])),
  flatten: (x: Value, { axis = 1 } = {}): Value => one("Flatten", [x], { axis }),
  transpose: (x: Value, perm: Shape = x.shape.map((_, i) => x.shape.length - 1 - i)): Value =>
    perm.every((axis, i) => axis === i) ? x : one("Transpose", [x], { perm }),
  squeeze: (x: Value, axes: Shape): Value => one("Squeeze", [x, list(x, axes)]),
  unsqueeze: (x: Value, axes: Shape): Value => one("Unsqueeze", [x, list(x, axes)]),
  expand: (x: Value, shape: Shape): Value => (sameShape(x.shape, shape) ? x : one("Expand", [x, list(x, shape)])),
  tile: (x: Value, repeats: Shape): Value => one("Tile", [x, list(x, repeats)]),
  slice: (x: Value, { starts, ends, axes, steps }: SliceOptions): Value =>
    one("Slice", [
      x,
      list(x, starts),
      list(x, ends),
      list(x, axes ?? starts.map((_, i) => i)),
      ...(steps ? [list(x, steps)] : []),
    ]),
  split: (x: Value, { split, axis = 0 }: { split: Shape; axis?: number }): Value[] =>
    many("Split", [x, list(x, split)], { axis }, split.length),
  concat: (inputs: readonly Value[], axis: number): Value =>
    inputs.length === 1 ? (inputs[0] as Value) : one("Concat", inputs, { axis }),
  /** Joins along a new axis (composition). */
  stack: (inputs: readonly Value[], axis: number): Value =>
    op.concat(
      inputs.map((x) => op.unsqueeze(x, [axis])),
      axis,
    ),
  pad: (
    x: Value,
    {
      pads,
      value,
      mode = "constant",
    }: { pads: Shape; value?: number; mode?: "constant" | "reflect" | "edge" | "wrap" },
  ): Value =>
    pads.every((pad) => pad === 0)
      ? x
      : one("Pad", value === undefined ? [x, list(x, pads)] : [x, list(x, pads), x.graph.constant(value, x.dtype)], {
          mode,
        }),
  gather: (x: Value, indices: Value | number, { axis = 0 } = {}): Value =>
    one("Gather", [x, typeof indices === "number" ? x.graph.constant(indices, "int64") : indices], { axis }),
  gatherElements: (x: Value, indices: Value, { axis = 0 } = {}): Value => one("GatherElements", [x, indices], { axis }),
  gatherND: (x: Value, indices: Value, { batch_dims = 0 } = {}): Value => one("GatherND", [x, indices], { batch_dims }),
  scatterND: (
    x: Value,
    indices: Value,
    updates: Value,
    { reduction = "none" }: { reduction?: "none" | "add" } = {},
  ): Value =>
    reduction === "add" ? scatterAdd(x, indices, updates) : one("ScatterND", [x, indices, updates], { reduction }),
  scatterElements: (
    x: Value,
    indices: Value,
    updates: Value,
    { axis = 0, reduction = "none" }: { axis?: number; reduction?: "none" | "add" } = {},
  ): Value => one("ScatterElements", [x, indices, updates], { axis, reduction }),
  topK: (
    x: Value,
    { k, axis = -1, largest = true }: { k: number; axis?: number; largest?: boolean },
  ): { values: Value; indices: Value } => {
    const [values, indices] = many("TopK", [x, list(x, [k])], { axis, largest: Number(largest) }) as [Value, Value];
    return { values, indices };
  },
  oneHot: (
    indices: Value,
    {
      depth,
      values = [0, 1],
      axis = -1,
      dtype = "float32",
    }: { depth: number; values?: readonly [number, number]; axis?: number; dtype?: DType },
  ): Value =>
    one("OneHot", [indices, indices.graph.constant(depth, "int64"), indices.graph.constant(values, dtype)], { axis }),
  trilu: (x: Value, { upper = true, k = 0 } = {}): Value =>
    one("Trilu", [x, x.graph.constant(k, "int64")], { upper: Number(upper) }),
  depthToSpace: (x: Value, { blocksize, mode = "DCR" }: { blocksize: number; mode?: "DCR" | "CRD" }): Value =>
    one("DepthToSpace", [x], { blocksize, mode }),
  spaceToDepth: (x: Value, { blocksize }: { blocksize: number }): Value => one("SpaceToDepth", [x], { blocksize }),

  /** `x` as it is, through which no gradient flows. */
  stopGradient: (x: Value): Value => withGradient(one("Identity", [x]), { inputs: [], saved: [], rule: () => [] }),
} as const;

function swishSlope([gate, y]: readonly [Value, Value], alpha: number): Value {
  return op.add(gate, op.mul(op.sub(y, op.mul(y, gate)), alpha));
}

/** TensorProto.DataType codes, as Cast's `to` holds them. */
export const castCodes: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
};

/** x when it is combined with a constant that changes neither its contents nor its shape (x + 0, x · 1). */
function neutral(number: number, [a, b]: readonly [Operand, Operand]): Value | null {
  const keeps = (x: Operand, other: Operand): x is Value =>
    typeof x !== "number" &&
    (other === number ||
      (typeof other !== "number" &&
        isFloat(other.dtype) &&
        isConstant(other, number) &&
        other.shape.length <= x.shape.length));
  if (keeps(a, b) && constantOf(a) === null) return a;
  if (keeps(b, a) && constantOf(b) === null) return b;
  return null;
}
