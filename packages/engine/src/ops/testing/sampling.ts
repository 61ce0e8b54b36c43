import { numbers, tensor } from "../../graph/tensor.ts";
import type { sampling as operators } from "../sampling.ts";
import type { Sampler } from "./samplers.ts";

export const sampling = {
  GridSample: (draw) => {
    const mode = draw.pick(["linear", "nearest", "cubic"]);
    const padding_mode = draw.pick(["zeros", "border", "reflection"]);
    const shape = [2, draw.int(1, 2), draw.int(2, 4), draw.int(2, 4)];
    const grid = [2, draw.int(1, 2), draw.int(1, 3), 2];
    // Positions a quarter of a pixel away from the whole and half ones, where the pixels that are mixed change.
    const sizes = [shape[3], shape[2]] as [number, number];
    const at = draw.floats(grid, (x) => Math.round(x * 4));
    const places = numbers(at).map((quarter, i) => {
      const size = sizes[i % 2] as number;
      return (2 * (Math.trunc(quarter / 2) + 0.25 + 0.5) + 1) / size - 1;
    });
    const attributes = { mode, padding_mode, align_corners: 0 };
    return { inputs: [draw.floats(shape), tensor("float32", grid, places)], attributes };
  },
} satisfies Record<keyof typeof operators, Sampler>;
