/** Values of operators that only move elements, on constants: dtype and bits stay as they are. */
import { constantOf, type Value } from "../graph/graph.ts";
import { arrays, type Shape, sizeOf, type Tensor, type TensorData } from "../graph/tensor.ts";

/** The position of an element along every axis. */
export type Index = readonly number[];

/**
 * A tensor of `shape` whose element at each index is the constant's element at `source(index)`; null when the value is no
 * constant, or when a source lies outside it.
 */
export function foldMoved(value: Value, shape: Shape, source: (index: Index) => Index): Tensor[] | null {
  const held = constantOf(value);
  return held && moved([held], shape, (index) => ({ from: held, at: source(index) }));
}

/** As foldMoved, from one of several constants of a dtype each time. */
export function moved(
  all: readonly Tensor[],
  shape: Shape,
  source: (index: Index) => { from: Tensor; at: Index },
): Tensor[] | null {
  const { dtype } = all[0] as Tensor;
  const data = new arrays[dtype](sizeOf(shape));
  const index = shape.map(() => 0);
  for (let i = 0; i < data.length; i++) {
    const { from, at } = source(index);
    const position = offsetOf(at, from.shape);
    if (position === null) return null;
    copyElement(from.data, position, data, i);
    advance(index, shape);
  }
  return [{ dtype, shape: [...shape], data }];
}

function copyElement(from: TensorData, position: number, to: TensorData, i: number): void {
  (to as Float64Array)[i] = (from as Float64Array)[position] as number;
}

/** Row-major offset; negative positions count from the end, null is outside. */
function offsetOf(at: Index, shape: Shape): number | null {
  let offset = 0;
  for (let axis = 0; axis < shape.length; axis++) {
    const dim = shape[axis] as number;
    const given = at[axis] as number;
    const position = given < 0 ? given + dim : given;
    if (!(position >= 0 && position < dim)) return null;
    offset = offset * dim + position;
  }
  return offset;
}

/** To the next index in row-major order. */
function advance(index: number[], shape: Shape): void {
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = (index[axis] as number) + 1;
    if ((index[axis] as number) < (shape[axis] as number)) return;
    index[axis] = 0;
  }
}
