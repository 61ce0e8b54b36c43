/** A bucket of a metric's series: `step` and `last` are its last point, the extremes lie anywhere in it. */
export interface CurvePoint {
  step: number;
  min: number;
  max: number;
  last: number;
}

/**
 * Adds points that arrived live to a curve that the database had bucketed. Steps that the curve already covers are
 * skipped, so that a point may come twice. A curve longer than twice `maxPoints` is halved: neighbours become one bucket
 * that keeps their extremes, so no spike is ever lost.
 */
export function appendPoints(
  curve: readonly CurvePoint[],
  fresh: readonly { step: number; value: number }[],
  maxPoints: number,
): CurvePoint[] {
  const grown = [...curve];
  let newest = grown.at(-1)?.step ?? Number.NEGATIVE_INFINITY;
  for (const { step, value } of fresh.toSorted((a, b) => a.step - b.step)) {
    if (step <= newest) continue;
    grown.push({ step, min: value, max: value, last: value });
    newest = step;
  }
  return grown.length > 2 * maxPoints ? halved(grown) : grown;
}

function halved(curve: readonly CurvePoint[]): CurvePoint[] {
  const pairs: CurvePoint[] = [];
  for (let index = 0; index < curve.length; index += 2) {
    const [left, right] = [curve[index]!, curve[index + 1]];
    pairs.push(right === undefined ? left : merged(left, right));
  }
  return pairs;
}

function merged(left: CurvePoint, right: CurvePoint): CurvePoint {
  return {
    step: right.step,
    min: Math.min(left.min, right.min),
    max: Math.max(left.max, right.max),
    last: right.last,
  };
}

/**
 * Exponential moving average that starts unbiased: each value divided by the weight it has gathered so far.
 * @param weight in [0, 1): 0 changes nothing, 0.9 remembers about ten values. Values that are not finite pass through.
 */
export function smoothed(values: readonly number[], weight: number): number[] {
  let average = 0;
  let gathered = 0;
  return values.map((value) => {
    if (!Number.isFinite(value)) return value;
    average = weight * average + (1 - weight) * value;
    gathered = weight * gathered + (1 - weight);
    return average / gathered;
  });
}
