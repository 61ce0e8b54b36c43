import type { Value } from "../graph/graph.ts";
import type { Shape } from "../graph/tensor.ts";
import { defineOp, int, ints, string } from "./definition.ts";
import { op } from "./functions.ts";
import { type AnyCall, demand, demandSameDtype } from "./inference.ts";

/** The window of a convolution or pooling, with every default written out; one entry a spatial axis. */
export interface Window {
  kernel: Shape;
  strides: Shape;
  dilations: Shape;
  before: Shape;
  after: Shape;
}

export interface WindowAttributes {
  kernel_shape?: Shape | undefined;
  strides?: Shape | undefined;
  dilations?: Shape | undefined;
  pads?: Shape | undefined;
  auto_pad: string;
}

/** Extent of a dilated kernel. */
export const reach = (kernel: number, dilation: number): number => (kernel - 1) * dilation + 1;

export function windowOf(spatial: Shape, kernel: Shape, attributes: WindowAttributes): Window {
  const ones = kernel.map(() => 1);
  const strides = attributes.strides ?? ones;
  const dilations = attributes.dilations ?? ones;
  if (attributes.auto_pad.startsWith("SAME")) {
    const total = spatial.map((dim, i) => {
      const stride = strides[i] as number;
      return Math.max(
        0,
        (Math.ceil(dim / stride) - 1) * stride + reach(kernel[i] as number, dilations[i] as number) - dim,
      );
    });
    const small = total.map((pad) => Math.floor(pad / 2));
    const large = total.map((pad) => Math.ceil(pad / 2));
    const [before, after] = attributes.auto_pad === "SAME_UPPER" ? [small, large] : [large, small];
    return { kernel, strides, dilations, before, after };
  }
  const pads = attributes.pads ?? [...ones, ...ones].map(() => 0);
  const rank = kernel.length;
  return { kernel, strides, dilations, before: pads.slice(0, rank), after: pads.slice(rank) };
}

/** Number of window positions along every axis. */
export function windowCounts(
  call: AnyCall,
  spatial: Shape,
  { window, ceil = false }: { window: Window; ceil?: boolean },
): number[] {
  const { kernel, strides, dilations, before, after } = window;
  const lengths = [kernel, strides, dilations, before, after].map((values) => values.length);
  demand(
    lengths.every((length) => length === spatial.length) && strides.every((stride) => stride > 0),
    call,
    `${spatial.length} spatial axes in every attribute`,
  );
  return spatial.map((dim, i) => {
    const stride = strides[i] as number;
    const free =
      dim + (before[i] as number) + (after[i] as number) - reach(kernel[i] as number, dilations[i] as number);
    demand(free >= 0, call, "a window that fits into the padded input");
    const count = Math.floor(free / stride) + 1;
    if (!ceil) return count;
    // A last, partial window counts only if it starts inside the input or its front padding.
    const rounded = Math.ceil(free / stride) + 1;
    return (rounded - 1) * stride >= dim + (before[i] as number) ? rounded - 1 : rounded;
  });
}

const convAttributes = {
  kernel_shape: ints(),
  strides: ints(),
  dilations: ints(),
  pads: ints(),
  auto_pad: string("NOTSET"),
  group: int(1),
};

export const convolution = {
  Conv: defineOp("Conv", {
    inputs: ["X", "W", "B?"],
    outputs: ["Y"],
    attributes: convAttributes,
    infer: (call) => {
      const { X, W, B } = call.inputs;
      const { group } = call.attributes;
      demand(
        X.shape.length >= 3 && W.shape.length === X.shape.length,
        call,
        "X [N,C,...] and W [M,C/group,...] of one rank",
      );
      demandSameDtype(call, [X, W]);
      const [n, c] = X.shape as [number, number];
      const [m, perGroup] = W.shape as [number, number];
      demand(
        c === perGroup * group && m % group === 0,
        call,
        `${perGroup * group} input channels and outputs that ${group} groups divide`,
      );
      if (B) demand(B.shape.length === 1 && B.shape[0] === m, call, `a bias of shape [${m}]`);
      const spatial = X.shape.slice(2);
      const window = windowOf(spatial, W.shape.slice(2), call.attributes);
      return [{ dtype: X.dtype, shape: [n, m, ...windowCounts(call, spatial, { window })] }];
    },
    gradient: ({ inputs: { X, W, B }, attributes, dy }) => {
      const window = windowOf(X.shape.slice(2), W.shape.slice(2), attributes);
      const { group } = attributes;
      return {
        X: () => convInputGradient(dy, W, { window, group, spatial: X.shape.slice(2) }),
        W: () => convWeightGradient(X, dy, { window, group }),
        B: () => op.reshape(sumOverPositions(dy), (B as Value).shape),
      };
    },
  }),

  ConvTranspose: defineOp("ConvTranspose", {
    inputs: ["X", "W", "B?"],
    outputs: ["Y"],
    attributes: { ...convAttributes, output_padding: ints(), output_shape: ints() },
    infer: (call) => {
      const { X, W } = call.inputs;
      const { group } = call.attributes;
      demand(
        X.shape.length >= 3 && W.shape.length === X.shape.length,
        call,
        "X [N,C,...] and W [C,M/group,...] of one rank",
      );
      demandSameDtype(call, [X, W]);
      const [n, c] = X.shape as [number, number];
      const [channels, perGroup] = W.shape as [number, number];
      demand(c === channels && c % group === 0, call, `${channels} input channels`);
      const { spatial } = transposedWindow(X.shape, W.shape, call.attributes);
      demand(
        spatial.every((dim) => dim > 0),
        call,
        "an output of positive size",
      );
      return [{ dtype: X.dtype, shape: [n, perGroup * group, ...spatial] }];
    },
    // The transposed convolution is the adjoint of a convolution: their gradients change places.
    gradient: ({ inputs: { X, W, B }, attributes, dy }) => {
      const { window } = transposedWindow(X.shape, W.shape, attributes);
      const { group } = attributes;
      return {
        X: () => {
          const back = op.conv(dy, W, { ...onnxWindow(window), group });
          return op.slice(back, {
            starts: window.kernel.map(() => 0),
            ends: X.shape.slice(2),
            axes: window.kernel.map((_, i) => i + 2),
          });
        },
        W: () => convWeightGradient(dy, X, { window, group }),
        B: () => op.reshape(sumOverPositions(dy), (B as Value).shape),
      };
    },
  }),
};

const onnxWindow = ({ strides, dilations, before, after }: Window) => ({
  strides,
  dilations,
  pads: [...before, ...after],
});

function sumOverPositions(dy: Value): Value {
  return op.reduceSum(dy, { axes: [...dy.shape.keys()].filter((axis) => axis !== 1) });
}

/** dX of a convolution: its transpose, padded where the last stride left input unread. */
function convInputGradient(dy: Value, W: Value, at: { window: Window; group: number; spatial: Shape }): Value {
  const { window, group, spatial } = at;
  const unread = spatial.map((dim, i) => {
    const covered =
      ((dy.shape[i + 2] as number) - 1) * (window.strides[i] as number) +
      reach(window.kernel[i] as number, window.dilations[i] as number);
    return dim + (window.before[i] as number) + (window.after[i] as number) - covered;
  });
  return op.convTranspose(dy, W, { ...onnxWindow(window), group, output_padding: unread });
}

/**
 * dW [M,C/g,...] of a convolution: batch and channels change places, so that the input is convolved with the cotangent,
 * strides and dilations exchanged. With groups, the groups of X become channel blocks of one sample.
 */
function convWeightGradient(X: Value, dy: Value, { window, group }: { window: Window; group: number }): Value {
  const [n, c] = X.shape as [number, number];
  const m = dy.shape[1] as number;
  const spatial = X.shape.slice(2);
  const axes = spatial.map((_, i) => i + 2);
  const perGroup = c / group;
  const plain = [...window.before, ...window.after].every((pad) => pad === 0);
  if (
    group === 1 &&
    plain &&
    window.kernel.every((size) => size === 1) &&
    window.strides.every((stride) => stride === 1)
  ) {
    // 1 x 1: a product of [M, positions] and [positions, C], summed over the batch.
    const rows = op.reshape(dy, [n, m, -1]);
    const columns = op.transpose(op.reshape(X, [n, c, -1]), [0, 2, 1]);
    return op.reshape(op.reduceSum(op.matMul(rows, columns), { axes: [0] }), [m, c, ...window.kernel]);
  }
  const input = op.reshape(
    op.transpose(op.reshape(X, [n, group, perGroup, ...spatial]), [2, 1, 0, ...axes.map((axis) => axis + 1)]),
    [perGroup, group * n, ...spatial],
  );
  const kernel = op.transpose(dy, [1, 0, ...axes]);
  const { strides, dilations, before, after } = window;
  const all = op.conv(input, kernel, { strides: dilations, dilations: strides, pads: [...before, ...after], group });
  const cut = op.slice(all, { starts: axes.map(() => 0), ends: window.kernel, axes });
  return op.transpose(cut, [1, 0, ...axes]);
}

interface TransposedAttributes extends WindowAttributes {
  output_padding?: Shape | undefined;
  output_shape?: Shape | undefined;
}

/** Window and output sizes of a transposed convolution; output_shape and SAME choose the pads. */
function transposedWindow(x: Shape, w: Shape, attributes: TransposedAttributes): { window: Window; spatial: number[] } {
  const kernel = w.slice(2);
  const base = windowOf(x.slice(2), kernel, { ...attributes, auto_pad: "NOTSET" });
  const extra = attributes.output_padding ?? kernel.map(() => 0);
  const unpadded = x.slice(2).map((dim, i) => {
    const stride = base.strides[i] as number;
    return stride * (dim - 1) + (extra[i] as number) + reach(kernel[i] as number, base.dilations[i] as number);
  });
  const same = attributes.auto_pad.startsWith("SAME");
  const target =
    attributes.output_shape ?? (same ? x.slice(2).map((dim, i) => dim * (base.strides[i] as number)) : null);
  if (!target) {
    return {
      window: base,
      spatial: unpadded.map((dim, i) => dim - (base.before[i] as number) - (base.after[i] as number)),
    };
  }
  const total = unpadded.map((dim, i) => Math.max(0, dim - (target[i] as number)));
  const small = total.map((pad) => Math.floor(pad / 2));
  const large = total.map((pad, i) => pad - (small[i] as number));
  const [before, after] = attributes.auto_pad === "SAME_UPPER" ? [small, large] : [large, small];
  return { window: { ...base, before, after }, spatial: [...target] };
}
