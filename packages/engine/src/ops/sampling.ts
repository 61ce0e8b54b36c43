/** Sampling of images at computed positions, built from gathers, so that its gradient reaches the image and the grid. */
import { ModelError } from "../errors.ts";
import type { Value } from "../graph/graph.ts";
import { once } from "./call.ts";
import { defineComposite, float, int, string } from "./definition.ts";
import { op } from "./functions.ts";
import { demand } from "./inference.ts";

export const sampling = {
  GridSample: defineComposite("GridSample", {
    inputs: ["X", "grid"],
    outputs: ["Y"],
    attributes: {
      mode: string("linear"),
      padding_mode: string("zeros"),
      align_corners: int(0),
      cubic_coeff_a: float(-0.75),
    },
    build: (call) => {
      const { X, grid } = call.inputs;
      const { mode, padding_mode: padding, align_corners, cubic_coeff_a } = call.attributes;
      demand(
        X.shape.length === 4 && grid.shape.length === 4 && grid.shape[3] === 2,
        call,
        "X [N,C,H,W] and grid [N,H',W',2]",
      );
      const [N, C, H, W] = X.shape as [number, number, number, number];
      const [, rows, columns] = grid.shape as [number, number, number];
      const rule = ruleOf(mode, cubic_coeff_a);
      if (!rule || !["zeros", "border", "reflection"].includes(padding))
        throw new ModelError({
          code: "UNSUPPORTED",
          message: "a GridSample of a kind that ONNX does not define",
          expected: "mode linear, nearest or cubic; padding_mode zeros, border or reflection",
          got: `${mode}, ${padding}`,
          where: `node "${call.nodeName}"`,
        });
      const [x, y] = [W, H].map((size, i) => {
        const axis: Axis = { size, padding, aligned: align_corners === 1 };
        return rule(position(op.reshape(op.gather(grid, i, { axis: 3 }), [N, rows * columns, 1]), axis), axis);
      }) as [Tap[], Tap[]];
      // Pixels as rows of a matrix: a gather takes all channels at once, and its gradient adds whole rows.
      const pixels = op.reshape(op.transpose(X, [0, 2, 3, 1]), [N * H * W, C]);
      const first = op.mul(
        op.reshape(
          X.graph.constant(
            Array.from({ length: N }, (_, n) => n),
            "int64",
          ),
          [N, 1, 1],
        ),
        H * W,
      );
      const taps = y.flatMap((row) =>
        x.map((column) => {
          const at = op.add(op.add(op.mul(row.index(), W), column.index()), first); // [N,P,1]
          return op.mul(op.gather(pixels, op.squeeze(at, [2])), op.mul(row.weight, column.weight)); // [N,P,C]
        }),
      );
      return op.transpose(op.reshape(op.sum(...taps), [N, rows, columns, C]), [0, 3, 1, 2]);
    },
  }),
};

interface Axis {
  size: number;
  padding: string;
  aligned: boolean;
}

/** One of the pixels that an output mixes, along one axis: int64 positions and float weights, [N,P,1]. */
interface Tap {
  index: () => Value;
  weight: Value;
}

/** A coordinate of [-1, 1] in pixels: the ends are the centres of the outer pixels if aligned, else their outer edges. */
function position(coordinate: Value, { size, aligned }: Axis): Value {
  const from0 = op.add(coordinate, 1);
  return aligned ? op.mul(from0, (size - 1) / 2) : op.sub(op.mul(from0, size / 2), 0.5);
}

function ruleOf(mode: string, a: number): ((at: Value, axis: Axis) => Tap[]) | undefined {
  switch (mode) {
    case "nearest":
      return (at, axis) => [tap(op.round(padded(at, axis)), null, axis)];
    case "linear":
      return (at, axis) => {
        const inside = padded(at, axis);
        const low = op.floor(inside);
        const t = op.sub(inside, low);
        return [tap(low, op.sub(1, t), axis), tap(op.add(low, 1), t, axis)];
      };
    case "cubic":
      // Keys' kernel; here the neighbours are padded, not the position.
      return (at, axis) => {
        const low = op.floor(at);
        const t = op.sub(at, low);
        return [-1, 0, 1, 2].map((k) =>
          tap(padded(op.add(low, k), axis), cubic(op.abs(op.sub(t, k)), k === 0 || k === 1, a), axis),
        );
      };
    default:
      return undefined;
  }
}

/** A tap at a whole position, without weight where padding with zeros leaves it outside. */
function tap(at: Value, weight: Value | null, { size, padding }: Axis): Tap {
  const index = once(() => op.cast(op.clip(at, { min: 0, max: size - 1 }), "int64"));
  if (padding !== "zeros") return { index, weight: weight ?? one(at) };
  const inside = op.cast(op.and(op.greaterOrEqual(at, 0), op.lessOrEqual(at, size - 1)), at.dtype);
  return { index, weight: weight ? op.mul(weight, inside) : inside };
}

const one = (like: Value): Value => like.graph.constant(1, like.dtype);

/** Positions outside, moved inside by the padding rule; zeros leave them where they are. */
function padded(at: Value, { size, padding, aligned }: Axis): Value {
  if (padding === "zeros") return at;
  if (padding === "border") return op.clip(at, { min: 0, max: size - 1 });
  const [low, span] = aligned ? [0, size - 1] : [-0.5, size];
  if (span === 0) return op.mul(at, 0);
  const distance = op.abs(op.sub(at, low));
  const turns = op.floor(op.div(distance, span));
  const rest = op.sub(distance, op.mul(turns, span));
  const odd = op.sub(turns, op.mul(op.floor(op.mul(turns, 0.5)), 2)); // 1 where the number of reflections is odd
  const folded = op.add(op.add(rest, op.mul(odd, op.sub(span, op.mul(rest, 2)))), low);
  return op.clip(folded, { min: 0, max: size - 1 });
}

/** Keys' cubic kernel at distance d: below 1 (near) and from 1 to 2. */
function cubic(d: Value, near: boolean, a: number): Value {
  if (near) return op.add(op.mul(op.mul(op.sub(op.mul(d, a + 2), a + 3), d), d), 1);
  return op.sub(op.mul(op.add(op.mul(op.sub(op.mul(d, a), 5 * a), d), 8 * a), d), 4 * a);
}
