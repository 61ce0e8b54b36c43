import { constantOf, type Value } from "../graph/graph.ts";
import { numbers } from "../graph/tensor.ts";
import { op } from "../ops/functions.ts";

/** The sum of what a value's uses contribute to its gradient, as one node. */
export function accumulate(contributions: readonly Value[]): Value {
  const [first, second] = contributions as [Value, Value?];
  if (second === undefined) return first;
  return joined(contributions) ?? (contributions.length === 2 ? op.add(first, second) : op.sum(...contributions));
}

/** A piece of a gradient that is zero elsewhere: the gradient of a slice. */
interface Piece {
  contents: Value;
  axis: number;
  start: number;
}

/**
 * Pieces that tile the whole value (a stack of queries, keys and values taken apart by slices) are put side by side,
 * instead of adding them up among zeros; null where they do not.
 */
function joined(contributions: readonly Value[]): Value | null {
  const pieces = contributions.map(pieceOf);
  const axis = pieces[0]?.axis as number;
  if (!pieces.every((piece): piece is Piece => piece !== null && piece.axis === axis)) return null;
  const ordered = pieces.toSorted((a, b) => a.start - b.start);
  let end = 0;
  for (const { contents, start } of ordered) {
    if (start !== end) return null;
    end += contents.shape[axis] as number;
  }
  if (end !== contributions[0]?.shape[axis]) return null;
  return op.concat(
    ordered.map(({ contents }) => contents),
    axis,
  );
}

function pieceOf(contribution: Value): Piece | null {
  const { producer } = contribution;
  if (producer?.op !== "Pad" || (producer.attributes.mode ?? "constant") !== "constant" || producer.inputs.length > 2)
    return null;
  const [contents, pads] = producer.inputs as [Value, Value];
  const rank = contents.shape.length;
  const held = constantOf(pads);
  if (!held || held.shape[0] !== 2 * rank) return null;
  const sizes = numbers(held);
  const axes = contents.shape.flatMap((_, i) => (sizes[i] !== 0 || sizes[i + rank] !== 0 ? [i] : []));
  const [axis] = axes;
  if (axis === undefined || axes.length > 1 || sizes.some((size) => size < 0)) return null;
  return { contents, axis, start: sizes[axis] as number };
}
