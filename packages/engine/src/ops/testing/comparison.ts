import type { comparison as operators } from "../comparison.ts";
import { binary, broadcastPair, type Sampler, unary } from "./samplers.ts";

const compared: Sampler = (draw) => binary((x) => Math.round(2 * x))(draw);

const logic: Sampler = (draw) => {
  const [a, b] = broadcastPair(draw);
  return { inputs: [draw.bools(a), draw.bools(b)] };
};

export const comparison = {
  Equal: compared,
  Less: compared,
  LessOrEqual: compared,
  Greater: compared,
  GreaterOrEqual: compared,
  And: logic,
  Or: logic,
  Xor: logic,
  Not: (draw) => ({ inputs: [draw.bools(draw.shape(0, 3))] }),
  IsNaN: unary((x) => (x < 0 ? Number.NaN : x)),
  IsInf: unary((x) => (x < 0 ? Number.NEGATIVE_INFINITY : x)),
  Where: (draw) => {
    const [a, b] = broadcastPair(draw);
    return { inputs: [draw.bools(draw.pick([a, b])), draw.floats(a), draw.floats(b)] };
  },
} satisfies Record<keyof typeof operators, Sampler>;
