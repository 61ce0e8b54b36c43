import type { Value } from "../graph/graph.ts";
import { type Shape, sizeOf } from "../graph/tensor.ts";
import { defineOp, float, int, ints, string } from "./definition.ts";
import { missingGradient } from "./errors.ts";
import { type AnyCall, axisOf, constantNumbers, demand } from "./inference.ts";
import { alongAxis, type SparseRows } from "./linear-map.ts";

export const resizing = {
  Resize: defineOp("Resize", {
    inputs: ["X", "roi?", "scales?", "sizes?"],
    outputs: ["Y"],
    attributes: {
      mode: string("nearest"),
      coordinate_transformation_mode: string("half_pixel"),
      nearest_mode: string("round_prefer_floor"),
      cubic_coeff_a: float(-0.75),
      exclude_outside: int(0),
      extrapolation_value: float(0),
      antialias: int(0),
      axes: ints(),
      keep_aspect_ratio_policy: string("stretch"),
    },
    infer: (call) => [
      { dtype: call.inputs.X.dtype, shape: resizeScales(call, call.inputs, call.attributes).map(({ to }) => to) },
    ],
    // Resizing is a linear map along each axis, so its gradient is the transposed maps.
    gradient: ({ graph, node, inputs, attributes, dy }) => ({
      X: () => {
        const call = { graph, op: node.op, nodeName: node.name, inputs: node.inputs, numOutputs: 1 };
        const rule: ResizeRule = { ...attributes, exclude_outside: attributes.exclude_outside === 1 };
        const known = coordinateOf.has(attributes.coordinate_transformation_mode);
        if (attributes.antialias !== 0 || !known) throw missingGradient(node, "antialias or crop");
        return resizeScales(call, inputs, attributes).reduce((x, { from, to, scale }, axis) => {
          if (scale === 1 && from === to) return x;
          const rows: SparseRows = resizeRows(rule, { from, to, scale });
          return alongAxis(x, { axis, rows, size: from, transpose: true });
        }, dy);
      },
      roi: null,
      scales: null,
      sizes: null,
    }),
  }),
};

/** Sizes before and after along every axis, and the scale that coordinates are computed with. */
function resizeScales(
  call: AnyCall,
  { X, scales, sizes }: { X: Value; scales: Value | null; sizes: Value | null },
  { axes, keep_aspect_ratio_policy: policy }: { axes?: Shape | undefined; keep_aspect_ratio_policy: string },
): ResizeAxis[] {
  const chosen = axes?.map((axis) => axisOf(call, axis, X.shape.length)) ?? [...X.shape.keys()];
  const wanted = sizes && sizeOf(sizes.shape) > 0 ? constantNumbers(call, sizes, "sizes") : null;
  const factors = scales && sizeOf(scales.shape) > 0 ? constantNumbers(call, scales, "scales") : null;
  demand((wanted ?? factors)?.length === chosen.length, call, `sizes or scales of ${chosen.length} axes`);
  const ratios = wanted?.map((size, i) => size / (X.shape[chosen[i] as number] as number));
  const common = ratios && (policy === "not_larger" ? Math.min(...ratios) : Math.max(...ratios));
  return X.shape.map((from, axis) => {
    const i = chosen.indexOf(axis);
    if (i < 0) return { from, to: from, scale: 1 };
    if (wanted && policy === "stretch") return { from, to: wanted[i] as number, scale: (wanted[i] as number) / from };
    const scale = common ?? ((factors as number[])[i] as number);
    return { from, to: wanted ? Math.round(scale * from) : Math.floor(from * scale), scale };
  });
}

interface ResizeRule {
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
const coordinateOf: ReadonlyMap<string, (x: number, axis: ResizeAxis) => number> = new Map([
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
function resizeRows(rule: ResizeRule, axis: ResizeAxis): SparseRows {
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
