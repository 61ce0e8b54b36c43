import type { pooling as operators } from "../pooling.ts";
import { type Sampler, window } from "./samplers.ts";

const pool: Sampler = (draw) => {
  const { spatial, attributes } = window(draw);
  const ceil_mode = attributes.pads ? draw.int(0, 1) : 0;
  return { inputs: [draw.floats([2, draw.int(1, 2), ...spatial])], attributes: { ...attributes, ceil_mode } };
};

const channels: Sampler = (draw) => ({ inputs: [draw.floats([2, draw.int(1, 3), draw.int(1, 4), draw.int(1, 4)])] });

export const pooling = {
  MaxPool: pool,
  AveragePool: (draw) => {
    const { inputs, attributes } = pool(draw);
    return { inputs, attributes: { ...attributes, count_include_pad: draw.int(0, 1) } };
  },
  GlobalAveragePool: channels,
  GlobalMaxPool: channels,
} satisfies Record<keyof typeof operators, Sampler>;
