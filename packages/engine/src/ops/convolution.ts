import type { Value } from "../graph/graph.ts";
import { type Shape, sizeOf } from "../graph/tensor.ts";
import { defineOp, int, ints, string } from "./definition.ts";
import { op } from "./functions.ts";
import { type AnyCall, demand, demandSameDtype, eachIndex } from "./inference.ts";

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

/** dW [M,C/g,...] of a convolution, by what is fastest in ONNX Runtime: its convolution is slow with kernels of image size. */
function convWeightGradient(X: Value, dy: Value, { window, group }: { window: Window; group: number }): Value {
  const volume = sizeOf(window.kernel);
  const [channels, filters] = [X.shape[1] as number, dy.shape[1] as number];
  if (group === 1 && volume <= 9) return weightGradientByProducts(X, dy, window);
  if (group === channels && group === filters && volume <= 25) return depthwiseWeightGradient(X, dy, window);
  return weightGradientByConvolution(X, dy, { window, group });
}

/** What every tap of the kernel sees: the strided views of the padded input, each of the size of dy along `axes`. */
function tapViews(X: Value, dy: Value, window: Window): Value[] {
  const { kernel, strides, dilations, before, after } = window;
  const axes = kernel.map((_, i) => i + 2);
  const padded = op.pad(X, { pads: [0, 0, ...before, 0, 0, ...after] });
  return eachIndex(kernel).map((tap) => {
    const starts = tap.map((at, i) => at * (dilations[i] as number));
    const ends = starts.map((start, i) => start + ((dy.shape[i + 2] as number) - 1) * (strides[i] as number) + 1);
    const whole = starts.every((start, i) => start === 0 && ends[i] === padded.shape[i + 2]);
    return whole && strides.every((stride) => stride === 1)
      ? padded
      : op.slice(padded, { starts, ends, axes, steps: strides });
  });
}

/** With few channels the taps make one product, else one each; both over all positions of the batch. */
function weightGradientByProducts(X: Value, dy: Value, window: Window): Value {
  const [n, c] = X.shape as [number, number];
  const m = dy.shape[1] as number;
  const positions = n * sizeOf(dy.shape.slice(2));
  const channelsFirst = (x: Value) => op.transpose(x, [1, 0, ...window.kernel.map((_, i) => i + 2)]);
  const rows = op.reshape(channelsFirst(dy), [m, positions]);
  // Channels go first before the views are cut, so that each is a matrix [C, positions] as it is.
  const views = tapViews(channelsFirst(X), dy, window).map((view) => op.reshape(view, [c, positions]));
  const products =
    c < 32
      ? [op.gemm(rows, op.concat(views, 0), { transB: true })] // [M, taps · C]
      : views.map((view) => op.gemm(rows, view, { transB: true })); // [M, C] a tap
  const taps = op.reshape(op.concat(products, 1), [m, views.length, c]);
  return op.reshape(op.transpose(taps, [0, 2, 1]), [m, c, ...window.kernel]);
}

function depthwiseWeightGradient(X: Value, dy: Value, window: Window): Value {
  const sums = tapViews(X, dy, window).map((view) => sumOverPositions(op.mul(view, dy)));
  const c = X.shape[1] as number;
  return op.reshape(op.stack(sums, 1), [c, 1, ...window.kernel]);
}

/**
 * Batch and channels change places, so that the input is convolved with the cotangent, strides and dilations exchanged.
 * With groups, the groups of X become channel blocks of one sample.
 */
function weightGradientByConvolution(X: Value, dy: Value, { window, group }: { window: Window; group: number }): Value {
  const [n, c] = X.shape as [number, number];
  const spatial = X.shape.slice(2);
  const axes = spatial.map((_, i) => i + 2);
  const perGroup = c / group;
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
