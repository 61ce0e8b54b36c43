import { defineOp, int } from "./definition.ts";
import { op } from "./functions.ts";
import { broadcast, demand, demandSameDtype, foldElementwise, sameAs } from "./inference.ts";

/** Boolean C = f(A, B): nothing to differentiate. */
function compare(name: string, apply: (a: number, b: number) => boolean) {
  return defineOp(name, {
    inputs: ["A", "B"],
    outputs: ["C"],
    infer: (call) => {
      const { A, B } = call.inputs;
      demandSameDtype(call, [A, B]);
      return [{ dtype: "bool", shape: broadcast(call, [A.shape, B.shape]) }];
    },
    fold: (call) => {
      const { A, B } = call.inputs;
      const shape = broadcast(call, [A.shape, B.shape]);
      return foldElementwise([A, B], { dtype: "bool", shape }, (a, b) => Number(apply(a, b)));
    },
    gradient: "discrete",
  });
}

export const comparison = {
  Equal: compare("Equal", (a, b) => a === b),
  Less: compare("Less", (a, b) => a < b),
  LessOrEqual: compare("LessOrEqual", (a, b) => a <= b),
  Greater: compare("Greater", (a, b) => a > b),
  GreaterOrEqual: compare("GreaterOrEqual", (a, b) => a >= b),
  And: compare("And", (a, b) => a !== 0 && b !== 0),
  Or: compare("Or", (a, b) => a !== 0 || b !== 0),
  Xor: compare("Xor", (a, b) => (a !== 0) !== (b !== 0)),
  Not: defineOp("Not", {
    inputs: ["X"],
    outputs: ["Y"],
    infer: (call) => {
      demand(call.inputs.X.dtype === "bool", call, "a bool input");
      return sameAs(call.inputs.X);
    },
    fold: ({ inputs: { X } }) => foldElementwise([X], X, (x) => Number(x === 0)),
    gradient: "discrete",
  }),
  IsNaN: defineOp("IsNaN", {
    inputs: ["X"],
    outputs: ["Y"],
    infer: ({ inputs: { X } }) => [{ dtype: "bool", shape: X.shape }],
    gradient: "discrete",
  }),
  IsInf: defineOp("IsInf", {
    inputs: ["X"],
    outputs: ["Y"],
    attributes: { detect_negative: int(1), detect_positive: int(1) },
    infer: ({ inputs: { X } }) => [{ dtype: "bool", shape: X.shape }],
    gradient: "discrete",
  }),
  Where: defineOp("Where", {
    inputs: ["condition", "X", "Y"],
    outputs: ["output"],
    infer: (call) => {
      const { condition, X, Y } = call.inputs;
      demand(condition.dtype === "bool", call, "a bool condition");
      demandSameDtype(call, [X, Y]);
      return [{ dtype: X.dtype, shape: broadcast(call, [condition.shape, X.shape, Y.shape]) }];
    },
    fold: (call) => {
      const { condition, X, Y } = call.inputs;
      const shape = broadcast(call, [condition.shape, X.shape, Y.shape]);
      return foldElementwise([condition, X, Y], { dtype: X.dtype, shape }, (c, x, y) => (c !== 0 ? x : y));
    },
    gradient: ({ inputs: { condition, X, Y }, dy }) => ({
      condition: null,
      X: () => op.sumTo(op.where(condition, dy, 0), X.shape),
      Y: () => op.sumTo(op.where(condition, 0, dy), Y.shape),
    }),
  }),
};
