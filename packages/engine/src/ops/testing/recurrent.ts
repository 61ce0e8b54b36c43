import type { Attributes } from "../../graph/graph.ts";
import { tensor } from "../../graph/tensor.ts";
import type { recurrent as operators } from "../recurrent.ts";
import { constant, type Sampler } from "./samplers.ts";

/** A recurrent layer of `gates` gates and as many states as given. */
const layer =
  (gates: number, numStates: number): Sampler =>
  (draw) => {
    const direction = draw.pick(["forward", "reverse", "bidirectional"]);
    const directions = direction === "bidirectional" ? 2 : 1;
    const [T, batch, features, hidden] = [draw.int(1, 3), 2, draw.int(1, 3), draw.int(1, 3)];
    const small = (x: number) => 0.5 * Math.sin(x);
    const weights = [
      draw.floats([directions, gates * hidden, features], small),
      draw.floats([directions, gates * hidden, hidden], small),
      draw.floats([directions, 2 * gates * hidden], small),
    ];
    const lengths = draw.int(0, 1) === 1 ? constant(tensor("int32", [batch], [T, draw.int(1, T)])) : null;
    const states = Array.from({ length: numStates }, () => draw.floats([directions, batch, hidden], small));
    const late: Attributes = gates === 3 ? { linear_before_reset: draw.int(0, 1) } : {};
    return {
      inputs: [draw.floats([T, batch, features], small), ...weights, lengths, ...states],
      attributes: { hidden_size: hidden, direction, ...late },
      numOutputs: 1 + numStates,
    };
  };

export const recurrent = {
  RNN: layer(1, 1),
  GRU: layer(3, 1),
  LSTM: layer(4, 2),
} satisfies Record<keyof typeof operators, Sampler>;
