import { op, type Value } from "@retort/engine";

/** Where the Gaussian is cut, in standard deviations, as SciPy does. */
const CUT = 4;

/** A Gaussian along rows, then along columns, borders repeated; x [B,1,H,W]. */
export function smoothed(x: Value, sigmaPx: number): Value {
  if (sigmaPx === 0) return x;
  const radius = Math.max(1, Math.round(CUT * sigmaPx));
  const taps = Float32Array.from({ length: 2 * radius + 1 }, (_, at) =>
    Math.exp(-0.5 * ((at - radius) / sigmaPx) ** 2),
  );
  const total = taps.reduce((sum, tap) => sum + tap, 0);
  const data = taps.map((tap) => tap / total);
  const kernel = (shape: number[]) => x.graph.constant({ dtype: "float32", shape, data });
  const padded = op.pad(x, { pads: [0, 0, radius, radius, 0, 0, radius, radius], mode: "edge" });
  return op.conv(op.conv(padded, kernel([1, 1, 1, taps.length])), kernel([1, 1, taps.length, 1]));
}
