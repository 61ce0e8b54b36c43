import { graph as emptyGraph } from "../../graph/builder.ts";
import { tensor } from "../../graph/tensor.ts";
import type { control as operators } from "../control.ts";
import { constant, type Sampler, scalar64 } from "./samplers.ts";

export const control = {
  If: (draw) => {
    const branch = (value: number) => {
      const body = emptyGraph("branch");
      body.output("y", body.constant([value, value]));
      return body;
    };
    const cond = tensor("bool", [], [draw.int(0, 1)]);
    return { inputs: [cond], attributes: { then_branch: branch(1), else_branch: branch(2) } };
  },
  Loop: (draw) => {
    const body = emptyGraph("body");
    body.input("i", { dtype: "int64", shape: [] });
    const going = body.input("going", { dtype: "bool", shape: [] });
    const carried = body.input("carried", { dtype: "float32", shape: [2] });
    body.output("going_on", body.add("Identity", [going])[0] as never);
    body.output("next", body.add("Add", [carried, carried])[0] as never);
    return { inputs: [scalar64(draw.int(1, 3)), null, draw.floats([2])], attributes: { body } };
  },
  Dropout: (draw) => ({ inputs: [draw.floats(draw.shape(1, 3)), constant(tensor("float32", [], [0.5]))] }),
} satisfies Record<keyof typeof operators, Sampler>;
