import { ModelError, ShapeError } from "../errors.ts";
import { constantOf, fixedContents, type Value } from "../graph/graph.ts";
import { numbers, type Shape, sameShape, type Tensor, type TensorType, tensor, typeText } from "../graph/tensor.ts";
import type { Call } from "./definition.ts";

/** Call, whatever its arguments are typed as. */
export type AnyCall = Omit<Call, "inputs" | "attributes"> & { readonly inputs: unknown };

/** The ShapeError of a node: names operator, node and the types of all inputs. */
export function shapeError(call: AnyCall, expected: string): ShapeError {
  const inputs = (
    Array.isArray(call.inputs) ? call.inputs : Object.values(call.inputs as object)
  ).flat() as (Value | null)[];
  return new ShapeError({
    code: "SHAPE_MISMATCH",
    message: `${call.op} cannot take these inputs`,
    expected,
    got: inputs.map((value) => (value ? `${value.name} ${typeText(value)}` : "none")).join(", "),
    where: `node "${call.nodeName}" of graph "${call.graph.name}"`,
  });
}

/** Throws the node's ShapeError unless the condition holds. */
export function demand(condition: boolean, call: AnyCall, expected: string): asserts condition {
  if (!condition) throw shapeError(call, expected);
}

/** Numpy broadcasting of any number of shapes. */
export function broadcast(call: AnyCall, shapes: readonly Shape[]): number[] {
  const [first, ...others] = shapes as [Shape];
  if (others.every((shape) => sameShape(shape, first))) return [...first];
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, i) => {
    const dims = shapes.map((shape) => shape[i - rank + shape.length] ?? 1);
    const dim = dims.find((size) => size !== 1) ?? 1;
    demand(
      dims.every((size) => size === 1 || size === dim),
      call,
      "shapes that broadcast",
    );
    return dim;
  });
}

export function demandSameDtype(call: AnyCall, values: readonly Value[]): void {
  demand(
    values.every((value) => value.dtype === values[0]?.dtype),
    call,
    "inputs of one dtype",
  );
}

/** Axis in [0, rank). */
export function axisOf(call: AnyCall, axis: number, rank: number): number {
  demand(axis >= -rank && axis < rank && Number.isInteger(axis), call, `axis ${axis} within rank ${rank}`);
  return axis < 0 ? axis + rank : axis;
}

/**
 * The numbers of an input that decides a shape (a target shape, axes, bounds).
 * @throws ModelError when it is not a constant: result types would not be known.
 */
export function constantNumbers(call: AnyCall, value: Value, argument: string): number[] {
  const held = fixedContents(value);
  if (held) return numbers(held);
  throw new ModelError({
    code: "DYNAMIC_SHAPE",
    message: `${call.op} gets its ${argument} from a computed value, so its result has no fixed shape`,
    expected: "a constant, or shape arithmetic that folds to one",
    got: value.name,
    where: `node "${call.nodeName}" of graph "${call.graph.name}"`,
    fix: "Bind the dynamic dimensions at import, for example { dims: { batch: 1 } }.",
  });
}

/** The type of the first input. */
export function sameAs(value: TensorType): readonly TensorType[] {
  return [{ dtype: value.dtype, shape: value.shape }];
}

/** Row-major strides; 0 along axes of size 1, so that broadcasting is indexing. */
export function broadcastStrides(shape: Shape, rank: number): number[] {
  const strides = new Array<number>(rank).fill(0);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    const dim = shape[i] as number;
    strides[rank - shape.length + i] = dim === 1 ? 0 : stride;
    stride *= dim;
  }
  return strides;
}

/** Constant contents of all values, or null. */
export function allConstant(values: readonly (Value | null)[]): Tensor[] | null {
  const held = values.flatMap((value) => (value ? [constantOf(value)] : []));
  return held.every((item) => item !== null) ? held : null;
}

/** Elementwise function of broadcast constants; null unless all are constant. */
export function foldElementwise(
  values: readonly Value[],
  type: TensorType,
  apply: (...operands: number[]) => number,
): Tensor[] | null {
  const held = allConstant(values);
  if (!held) return null;
  const rank = type.shape.length;
  const operands = held.map((item) => ({ data: numbers(item), strides: broadcastStrides(item.shape, rank) }));
  const result = eachIndex(type.shape).map((index) =>
    apply(
      ...operands.map(
        ({ data, strides }) => data[index.reduce((at, i, axis) => at + i * (strides[axis] as number), 0)] as number,
      ),
    ),
  );
  return [tensor(type.dtype, type.shape, result)];
}

/** All index vectors of a shape in row-major order. */
export function eachIndex(shape: Shape): number[][] {
  return shape.reduce<number[][]>(
    (all, dim) => all.flatMap((head) => Array.from({ length: dim }, (_, i) => [...head, i])),
    [[]],
  );
}
