/**
 * Operator versions between opset 11 and the one the operator table follows, rewritten in one place. What a newer version
 * takes as an input and an older one had as an attribute (or the reverse) is moved; what changed its meaning is composed.
 */
import { ModelError } from "../errors.ts";
import { type AttributeValue, constantOf, type Graph, type Value } from "../graph/graph.ts";
import { type DType, sizeOf } from "../graph/tensor.ts";
import { castCodes, op } from "../ops/functions.ts";
import { splitFolded } from "./fold.ts";

/** A node of the file with its inputs resolved, on its way to the current operator set. */
export interface OldNode {
  readonly graph: Graph;
  readonly opset: number;
  /** What wrote the file: "pytorch", "tf2onnx" ... */
  readonly producer: string;
  readonly name: string;
  op: string;
  inputs: (Value | null)[];
  attributes: Record<string, AttributeValue>;
  /** Outputs that the file names, up to the last one used. */
  numOutputs: number;
}

/** Rewrites the node in place, or returns the values that stand for its outputs. */
export type Upgrade = (node: OldNode) => Value[] | undefined;

const list = (node: OldNode, key: string): readonly number[] | undefined =>
  node.attributes[key] as readonly number[] | undefined;
const number = (node: OldNode, key: string): number | undefined => node.attributes[key] as number | undefined;
const first = (node: OldNode): Value => {
  const [x] = node.inputs;
  if (x) return x;
  throw new ModelError({ code: "BAD_NODE", message: `${node.op} without an input`, where: `node "${node.name}"` });
};

/** Moves an attribute of integers into input `position`. */
function attributeToInput(key: string, position: number): Upgrade {
  return (node) => {
    const values = list(node, key);
    if (values === undefined) return;
    delete node.attributes[key];
    while (node.inputs.length < position) node.inputs.push(null);
    node.inputs[position] = node.graph.constant(values, "int64");
  };
}

/** Before opset 13 softmax flattened its input to a matrix at `axis` (default 1). */
function flattenedSoftmax(node: OldNode): Value[] | undefined {
  if (node.opset >= 13) return;
  const x = first(node);
  const axis = number(node, "axis") ?? 1;
  const from = axis < 0 ? axis + x.shape.length : axis;
  node.attributes.axis = -1;
  if (from === x.shape.length - 1) return;
  const rows = sizeOf(x.shape.slice(0, from));
  const flat = op.reshape(x, [rows, sizeOf(x.shape) / Math.max(1, rows)]);
  return [op.reshape(node.graph.add(node.op, [flat], { axis: -1 }, { name: node.name })[0]!, x.shape)];
}

/** Batch normalisation by the batch's own mean and variance; further outputs are the running ones, moved towards them. */
function batchStatistics(node: OldNode): Value[] {
  const [x, scale, bias, mean, variance] = node.inputs as [Value, Value, Value, Value, Value];
  const momentum = number(node, "momentum") ?? 0.9;
  const axes = [...x.shape.keys()].filter((axis) => axis !== 1);
  const perChannel = x.shape.map((dim, axis) => (axis === 1 ? dim : 1));
  const batchMean = op.reduceMean(x, { axes, keepdims: true });
  const centered = op.sub(x, batchMean);
  const batchVariance = op.reduceMean(op.square(centered), { axes, keepdims: true });
  const deviation = op.sqrt(op.add(batchVariance, number(node, "epsilon") ?? 1e-5));
  const gain = op.div(op.reshape(scale, perChannel), deviation);
  const y = op.add(op.mul(centered, gain), op.reshape(bias, perChannel));
  const moved = [
    [mean, batchMean],
    [variance, batchVariance],
  ] as const;
  const running = moved.map(([old, now]) =>
    op.add(op.mul(old, momentum), op.mul(op.reshape(now, old.shape), 1 - momentum)),
  );
  return [y, ...running].slice(0, node.numOutputs);
}

const reduceAxes = attributeToInput("axes", 1);
const shapeAxes = attributeToInput("axes", 1);

export const upgrades: Readonly<Record<string, Upgrade>> = {
  Softmax: flattenedSoftmax,
  LogSoftmax: flattenedSoftmax,
  Hardmax: flattenedSoftmax,
  Squeeze: shapeAxes,
  Unsqueeze: shapeAxes,
  ReduceSum: reduceAxes,
  ReduceMean: reduceAxes,
  ReduceMax: reduceAxes,
  ReduceMin: reduceAxes,
  ReduceProd: reduceAxes,
  ReduceL1: reduceAxes,
  ReduceL2: reduceAxes,
  ReduceLogSum: reduceAxes,
  ReduceLogSumExp: reduceAxes,
  ReduceSumSquare: reduceAxes, // biome-ignore format: a table

  Split(node) {
    const x = first(node);
    attributeToInput("split", 1)(node);
    const given = number(node, "axis") ?? 0;
    const axis = given < 0 ? given + x.shape.length : given;
    const count = number(node, "num_outputs") ?? node.numOutputs;
    delete node.attributes.num_outputs;
    const dim = x.shape[axis] ?? 0;
    const size = Math.ceil(dim / count);
    // Since opset 18 the last part may be smaller; before, an uneven split was an error.
    const even = Array.from({ length: count }, (_, i) => (i < count - 1 ? size : dim - size * (count - 1)));
    const sizes = node.inputs[1] ? constantOf(node.inputs[1]) : node.graph.constant(even, "int64").tensor;
    if (sizes) return splitFolded(x, Array.from(sizes.data, Number), axis);
  },

  /** In inference, dropout passes its input on; its mask is all true. */
  Dropout(node) {
    const x = first(node);
    const training = node.inputs[2];
    if (training && !(training.kind === "constant" && Number(training.tensor!.data[0]) === 0)) return;
    return [
      x,
      node.graph.constant({ dtype: "bool", shape: x.shape, data: new Uint8Array(sizeOf(x.shape)).fill(1) }),
    ].slice(0, node.numOutputs);
  },

  BatchNormalization(node) {
    if (node.attributes.training_mode === 1) return batchStatistics(node);
    delete node.attributes.momentum;
    if (node.attributes.training_mode === 0) delete node.attributes.training_mode;
  },

  /** Scale and bias were per group before opset 21. */
  GroupNormalization(node) {
    if (node.opset >= 21) return;
    const [x, ...perGroup] = node.inputs;
    const channels = x?.shape[1] ?? 0;
    node.inputs = [
      x!,
      ...perGroup.map((value) => {
        const groups = value!.shape[0] ?? 1;
        return op.reshape(op.expand(op.reshape(value!, [groups, 1]), [groups, channels / groups]), [channels]);
      }),
    ];
  },

  /**
   * PyTorch up to 2.0 exports repeat_interleave as Unsqueeze, Expand, Reshape and counts the zeros of the target shape
   * ("keep this size") in the tensor before Unsqueeze; taken literally, they keep the sizes one axis too early and no
   * runtime can run the model. Behind the axis that is repeated they mean the axis after.
   */
  Reshape(node) {
    const [x, target] = node.inputs;
    const unsqueeze = x?.producer?.op === "Expand" ? x.producer.inputs[0]?.producer : undefined;
    const shape = target && constantOf(target);
    if (node.producer !== "pytorch" || unsqueeze?.op !== "Unsqueeze" || !x || !shape) return;
    const axis = Number(constantOf(unsqueeze.inputs[1] ?? null)?.data[0]);
    const sizes = Array.from(shape.data, Number);
    if (sizes.length !== x.shape.length - 1 || sizes[axis - 1] !== -1) return;
    const meant = sizes.map((size, i) => (size === 0 && i >= axis ? x.shape[i + 1]! : size));
    node.inputs[1] = node.graph.constant(meant, "int64");
  },

  /** The exponent may be of another type; the table wants one. */
  Pow(node) {
    const [base, exponent] = node.inputs;
    if (base && exponent && base.dtype !== exponent.dtype) node.inputs[1] = castTo(node, exponent, base.dtype);
  },

  /** Deprecated name of ScatterElements. */
  Scatter(node) {
    node.op = "ScatterElements";
  },

  /** Before opset 20 the modes were called after their two-dimensional case. */
  GridSample(node) {
    const renamed: Record<string, string> = { bilinear: "linear", bicubic: "cubic" };
    const mode = node.attributes.mode as string | undefined;
    if (mode !== undefined) node.attributes.mode = renamed[mode] ?? mode;
  },

  Resize(node) {
    // The region of interest matters to tf_crop_and_resize only.
    if (node.attributes.coordinate_transformation_mode !== "tf_crop_and_resize" && node.inputs[1])
      node.inputs[1] = null;
    for (const position of [2, 3]) if (node.inputs[position]?.shape[0] === 0) node.inputs[position] = null;
    if (node.inputs[3] === null) node.inputs.length = 3;
  },
};

function castTo({ graph }: OldNode, value: Value, dtype: DType): Value {
  const folded = graph.fold("Cast", [value], { to: castCodes[dtype] });
  return folded ? graph.constant(folded[0]!) : op.cast(value, dtype);
}
