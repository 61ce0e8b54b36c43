import type { SparseRows } from "./shape.ts";

export interface ResizeRule {
  mode: string;
  coordinate_transformation_mode: string;
  nearest_mode: string;
  cubic_coeff_a: number;
  exclude_outside: boolean;
}

interface ResizeAxis {
  from: number;
  to: number;
  scale: number;
}

/** Position in the input that output element x shows, by coordinate_transformation_mode. */
export const coordinateOf: ReadonlyMap<string, (x: number, axis: ResizeAxis) => number> = new Map([
  ["half_pixel", (x, { scale }) => (x + 0.5) / scale - 0.5],
  ["pytorch_half_pixel", (x, { scale, to }) => (to > 1 ? (x + 0.5) / scale - 0.5 : 0)],
  [
    "half_pixel_symmetric",
    (x, { scale, from, to }) => from / 2 - (from / 2) * (to / (scale * from)) + (x + 0.5) / scale - 0.5,
  ],
  ["align_corners", (x, { from, to }) => (to === 1 ? 0 : (x * (from - 1)) / (to - 1))],
  ["asymmetric", (x, { scale }) => x / scale],
]);

const nearest: Readonly<Record<string, (x: number) => number>> = {
  round_prefer_floor: (x) => Math.ceil(x - 0.5),
  round_prefer_ceil: (x) => Math.floor(x + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

/** The linear map of one axis: for every output element, the input elements it mixes and their weights. */
export function resizeRows(rule: ResizeRule, axis: ResizeAxis): SparseRows {
  const coordinate = coordinateOf.get(rule.coordinate_transformation_mode);
  const clamp = (at: number) => Math.min(Math.max(at, 0), axis.from - 1);
  return Array.from({ length: axis.to }, (_, x) => {
    const at = coordinate?.(x, axis) as number;
    if (rule.mode === "nearest") return [[clamp(nearest[rule.nearest_mode]?.(at) as number), 1]];
    const base = Math.floor(rule.mode === "linear" ? clamp(at) : at);
    const t = (rule.mode === "linear" ? clamp(at) : at) - base;
    if (rule.mode === "linear") {
      return t === 0
        ? [[base, 1]]
        : [
            [base, 1 - t],
            [clamp(base + 1), t],
          ];
    }
    const taps = [-1, 0, 1, 2].map((k) => [base + k, cubic(Math.abs(t - k), rule.cubic_coeff_a)] as const);
    const inside = taps.filter(([column]) => !rule.exclude_outside || (column >= 0 && column < axis.from));
    const total = rule.exclude_outside ? inside.reduce((sum, [, weight]) => sum + weight, 0) : 1;
    return inside.map(([column, weight]) => [clamp(column), weight / total] as const);
  });
}

/** Keys' cubic convolution kernel at distance d. */
function cubic(d: number, a: number): number {
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
}
