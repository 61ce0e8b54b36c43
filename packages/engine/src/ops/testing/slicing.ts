import { tensor } from "../../graph/tensor.ts";
import type { slicing as operators } from "../slicing.ts";
import { constant, int64, type Sampler, scalar64 } from "./samplers.ts";

export const slicing = {
  Slice: (draw) => {
    const shape = [draw.int(3, 5), draw.int(3, 6)];
    const axes = draw.pick([[0], [1], [-1], [0, 1]]);
    const steps = axes.map(() => draw.pick([1, 1, 2, 3, -1, -2]));
    const starts = steps.map((step) => (step > 0 ? draw.pick([0, 1, -3]) : draw.pick([-1, 100, 2])));
    const ends = steps.map((step) => (step > 0 ? draw.pick([3, -1, 100]) : draw.pick([0, -100, -3])));
    return { inputs: [draw.floats(shape), int64(starts), int64(ends), int64(axes), int64(steps)] };
  },
  Split: (draw) => {
    const parts = Array.from({ length: draw.int(1, 3) }, () => draw.int(1, 3));
    const axis = draw.pick([0, 1, -1]);
    const total = parts.reduce((a, b) => a + b, 0);
    const x = draw.floats(axis === 0 ? [total, 2] : [2, total]);
    return { inputs: [x, int64(parts)], attributes: { axis }, numOutputs: parts.length };
  },
  Concat: (draw) => {
    const axis = draw.pick([0, 1, -1]);
    const inputs = Array.from({ length: draw.int(1, 3) }, () =>
      draw.floats(axis === 0 ? [draw.int(1, 3), 2] : [2, draw.int(1, 3)]),
    );
    return { inputs, attributes: { axis } };
  },
  Pad: (draw) => {
    const mode = draw.pick(["constant", "constant", "reflect", "edge", "wrap"]);
    const shape = [draw.int(3, 4), draw.int(3, 4)];
    const low = mode === "constant" ? -1 : 0;
    const pads = Array.from({ length: 4 }, () => draw.int(low, 2));
    const x = draw.floats(shape);
    if (draw.int(0, 1) === 0) return { inputs: [x, int64(pads)], attributes: { mode } };
    const value = constant(tensor("float32", [], [0.5]));
    return {
      inputs: [x, int64([1, 2]), mode === "constant" ? value : null, int64([draw.pick([0, -1])])],
      attributes: { mode },
    };
  },
  Trilu: (draw) => {
    const shape = [...draw.shape(0, 1), draw.int(1, 4), draw.int(1, 4)];
    return { inputs: [draw.floats(shape), scalar64(draw.int(-2, 2))], attributes: { upper: draw.int(0, 1) } };
  },
} satisfies Record<keyof typeof operators, Sampler>;
