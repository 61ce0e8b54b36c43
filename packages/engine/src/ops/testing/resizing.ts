import { tensor } from "../../graph/tensor.ts";
import type { resizing as operators } from "../resize.ts";
import { constant, int64, type Sampler } from "./samplers.ts";

export const resizing = {
  Resize: (draw) => {
    const shape = [1, 2, draw.int(2, 4), draw.int(2, 4)];
    const mode = draw.pick(["nearest", "linear", "cubic"]);
    const coordinate_transformation_mode = draw.pick([
      "half_pixel",
      "pytorch_half_pixel",
      "align_corners",
      "asymmetric",
    ]);
    const nearest_mode = draw.pick(["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]);
    const attributes = { mode, coordinate_transformation_mode, ...(mode === "nearest" && { nearest_mode }) };
    if (draw.int(0, 1) === 0) {
      const scales = constant(tensor("float32", [4], [1, 1, draw.pick([2, 1.5, 0.5]), draw.pick([2, 3, 1])]));
      return { inputs: [draw.floats(shape), null, scales], attributes };
    }
    const target = [draw.int(1, 7), draw.int(1, 7)];
    if (draw.int(0, 1) === 0) return { inputs: [draw.floats(shape), null, null, int64([1, 2, ...target])], attributes };
    const some = { axes: [2, 3], keep_aspect_ratio_policy: draw.pick(["not_larger", "not_smaller", "stretch"]) };
    return { inputs: [draw.floats(shape), null, null, int64(target)], attributes: { ...attributes, ...some } };
  },
} satisfies Record<keyof typeof operators, Sampler>;
