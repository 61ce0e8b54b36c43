import type { convolution as operators } from "../convolution.ts";
import { type Sampler, window } from "./samplers.ts";

export const convolution = {
  Conv: (draw) => {
    const { spatial, attributes } = window(draw);
    const group = draw.int(1, 3);
    const [perIn, perOut] = [draw.int(1, 2), draw.int(1, 2)];
    const bias = draw.int(0, 1) === 1 ? [draw.floats([group * perOut])] : [];
    const inputs = [
      draw.floats([draw.int(1, 2), group * perIn, ...spatial]),
      draw.floats([group * perOut, perIn, ...attributes.kernel_shape]),
    ];
    return { inputs: [...inputs, ...bias], attributes: { ...attributes, group } };
  },
  ConvTranspose: (draw) => {
    const { spatial, attributes } = window(draw, { dilated: false });
    const dilations = attributes.kernel_shape.map(() => draw.int(1, 2));
    const group = draw.int(1, 2);
    const [perIn, perOut] = [draw.int(1, 2), draw.int(1, 2)];
    const output_padding = attributes.strides.map((stride) => draw.int(0, stride - 1));
    const bias = draw.int(0, 1) === 1 ? [draw.floats([group * perOut])] : [];
    const inputs = [
      draw.floats([draw.int(1, 2), group * perIn, ...spatial]),
      draw.floats([group * perIn, perOut, ...attributes.kernel_shape]),
    ];
    return { inputs: [...inputs, ...bias], attributes: { ...attributes, dilations, output_padding, group } };
  },
} satisfies Record<keyof typeof operators, Sampler>;
