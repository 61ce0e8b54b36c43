import { op, type Value } from "@retort/engine";

/**
 * Maps x [B,1,h,w] enlarged to [B,1,H,W] by bilinear interpolation (pixel centres at half integers), then smoothed by a Gaussian
 * of `sigmaPx` with borders repeated; 0: not smoothed. Both are linear along each axis, so that rows and columns take one
 * product each, whatever the width of the Gaussian.
 */
export function enlargedSmoothly(x: Value, size: { height: number; width: number }, sigmaPx: number): Value {
  const [, , height, width] = x.shape as [number, number, number, number];
  const matrix = (from: number, to: number, transpose: boolean) => {
    const rows = axisMatrix(from, to, sigmaPx);
    const data = transpose ? Float32Array.from(rows, (_, at) => rows[(at % to) * from + Math.floor(at / to)]!) : rows;
    return x.graph.constant({ dtype: "float32", shape: transpose ? [from, to] : [to, from], data });
  };
  // The smaller product first.
  const tall = op.matMul(matrix(height, size.height, false), x);
  return op.matMul(tall, matrix(width, size.width, true));
}

/** Weights [to, from] of one axis. */
export function axisMatrix(from: number, to: number, sigmaPx: number): Float32Array<ArrayBuffer> {
  const enlarging = new Float64Array(to * from);
  for (let at = 0; at < to; at++) {
    const place = Math.min(from - 1, Math.max(0, ((at + 0.5) * from) / to - 0.5));
    const low = Math.floor(place);
    enlarging[at * from + low]! += 1 - (place - low);
    enlarging[at * from + Math.min(from - 1, low + 1)]! += place - low;
  }
  if (sigmaPx === 0) return Float32Array.from(enlarging);
  const taps = gaussian(sigmaPx);
  const radius = (taps.length - 1) / 2;
  const smooth = new Float64Array(to * from);
  for (let at = 0; at < to; at++) {
    for (const [tap, weight] of taps.entries()) {
      const source = Math.min(to - 1, Math.max(0, at + tap - radius));
      for (let column = 0; column < from; column++) {
        smooth[at * from + column]! += weight * enlarging[source * from + column]!;
      }
    }
  }
  return Float32Array.from(smooth);
}

/** Normalised taps, cut at four standard deviations as SciPy does. */
function gaussian(sigmaPx: number): Float64Array {
  const radius = Math.max(1, Math.round(4 * sigmaPx));
  const taps = Float64Array.from({ length: 2 * radius + 1 }, (_, at) =>
    Math.exp(-0.5 * ((at - radius) / sigmaPx) ** 2),
  );
  const total = taps.reduce((sum, tap) => sum + tap, 0);
  return taps.map((tap) => tap / total);
}
