import { constantOf, type Value } from "../graph/graph.ts";
import { defineOp, graphAttribute, int } from "./definition.ts";
import { op } from "./functions.ts";
import { constantNumbers, demand, sameAs } from "./inference.ts";

export const control = {
  /** Import replaces an If whose condition is constant by the branch taken; one that is left has no gradient. */
  If: defineOp("If", {
    inputs: ["cond"],
    outputs: ["outputs..."],
    attributes: { then_branch: graphAttribute(), else_branch: graphAttribute() },
    infer: (call) => {
      const { then_branch, else_branch } = call.attributes;
      demand(then_branch !== undefined && else_branch !== undefined, call, "a then_branch and an else_branch");
      const [taken, other] = [[...then_branch.outputs.values()], [...else_branch.outputs.values()]];
      const agree = taken.every(
        (value, i) => value.dtype === other[i]?.dtype && `${value.shape}` === `${other[i]?.shape}`,
      );
      demand(taken.length === other.length && agree, call, "branches with outputs of the same types");
      return taken;
    },
    gradient: "missing",
  }),
  /** Body inputs: iteration, condition, carried values; outputs: condition, carried values, then scanned ones. */
  Loop: defineOp("Loop", {
    inputs: ["M?", "cond?", "v_initial..."],
    outputs: ["v_final_and_scan_outputs..."],
    attributes: { body: graphAttribute() },
    infer: (call) => {
      const { M, v_initial } = call.inputs;
      const { body } = call.attributes;
      demand(
        body !== undefined && body.inputs.length === v_initial.length + 2,
        call,
        `a body with ${v_initial.length + 2} inputs`,
      );
      const results = [...body.outputs.values()].slice(1);
      demand(results.length >= v_initial.length, call, "a body that returns every carried value");
      const carried = results.slice(0, v_initial.length);
      const scanned = results.slice(v_initial.length);
      const trips = scanned.length === 0 ? 0 : (constantNumbers(call, M as Value, "trip count")[0] as number);
      return [...carried, ...scanned.map(({ dtype, shape }) => ({ dtype, shape: [trips, ...shape] }))];
    },
    gradient: "missing",
  }),
  Dropout: defineOp("Dropout", {
    inputs: ["data", "ratio?", "training_mode?"],
    outputs: ["output", "mask?"],
    attributes: { seed: int() },
    infer: ({ inputs: { data } }) => [...sameAs(data), { dtype: "bool", shape: data.shape }],
    gradient: ({ inputs: { data, ratio, training_mode }, outputs, dy }) => ({
      data: () => {
        const training = constantOf(training_mode);
        if (!training_mode || (training && Number(training.data[0]) === 0)) return dy;
        const kept = op.mul(dy, op.cast(outputs.mask, data.dtype));
        return ratio ? op.div(kept, op.sub(1, op.cast(ratio, data.dtype))) : op.mul(kept, 2);
      },
      ratio: null,
      training_mode: null,
    }),
  }),
};
