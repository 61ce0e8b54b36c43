import { constantOf, type Value } from "../graph/graph.ts";
import { isFloat, numbers, sizeOf } from "../graph/tensor.ts";
import { once } from "./call.ts";
import { defineOp, int, type NoGradient } from "./definition.ts";
import { op } from "./functions.ts";
import { broadcast, demandSameDtype, foldElementwise, sameAs } from "./inference.ts";

interface Unary {
  x: Value;
  y: Value;
  dy: Value;
}

/** y = f(x), element by element; `gradient` is dx. */
export function unary(
  name: string,
  apply: ((x: number) => number) | null,
  gradient: ((at: Unary) => Value) | NoGradient,
) {
  return defineOp(name, {
    inputs: ["X"],
    outputs: ["Y"],
    infer: ({ inputs: { X } }) => sameAs(X),
    fold: ({ inputs: { X } }) => (apply ? foldElementwise([X], X, apply) : null),
    gradient:
      typeof gradient === "string"
        ? gradient
        : ({ inputs: { X }, outputs: { Y }, dy }) => ({ X: () => gradient({ x: X, y: Y, dy }) }),
  });
}

interface Binary {
  a: Value;
  b: Value;
  c: Value;
  dy: Value;
}

/** C = f(A, B) with broadcasting; the gradients are summed down to the operands' shapes here unless they are smaller already. */
function binary(
  name: string,
  apply: (a: number, b: number) => number,
  gradient: { a: (at: Binary) => Value; b: (at: Binary) => Value },
) {
  return defineOp(name, {
    inputs: ["A", "B"],
    outputs: ["C"],
    infer: (call) => {
      const { A, B } = call.inputs;
      demandSameDtype(call, [A, B]);
      return [{ dtype: A.dtype, shape: broadcast(call, [A.shape, B.shape]) }];
    },
    fold: (call) => {
      const { A, B } = call.inputs;
      const integer = !isFloat(A.dtype);
      const type = { dtype: A.dtype, shape: broadcast(call, [A.shape, B.shape]) };
      return foldElementwise([A, B], type, integer ? (a, b) => Math.trunc(apply(a, b)) : apply);
    },
    gradient: ({ inputs: { A, B }, outputs: { C }, dy }) => {
      const at = { a: A, b: B, c: C, dy };
      if (name === "Mul" && A === B) return { A: () => op.mul(op.mul(dy, 2), A), B: null };
      return { A: () => op.sumTo(gradient.a(at), A.shape), B: () => op.sumTo(gradient.b(at), B.shape) };
    },
  });
}

/** Extreme of several operands; operands that tie share the gradient equally. */
function extreme(name: "Max" | "Min", output: "max" | "min") {
  return defineOp(name, {
    inputs: ["data_0..."],
    outputs: [output],
    infer: (call) => variadicType(call, call.inputs.data_0),
    fold: (call) => {
      const [type] = variadicType(call, call.inputs.data_0);
      return foldElementwise(call.inputs.data_0, type, Math[output]);
    },
    gradient: ({ inputs: { data_0 }, node, dy }) => {
      const y = node.outputs[0] as Value;
      const wins = once(() => data_0.map((x) => op.cast(op.equal(x, y), y.dtype)));
      const share = once(() => op.div(dy, op.sum(...wins())));
      return { data_0: data_0.map((x, i) => () => op.sumTo(op.mul(share(), wins()[i] as Value), x.shape)) };
    },
  });
}

function variadicType(call: Parameters<typeof broadcast>[0], values: readonly Value[]) {
  demandSameDtype(call, values);
  const first = values[0] as Value;
  return [
    {
      dtype: first.dtype,
      shape: broadcast(
        call,
        values.map((value) => value.shape),
      ),
    },
  ] as const;
}

const invSqrtPi2 = 2 / Math.sqrt(Math.PI);

export const elementwise = {
  Add: binary("Add", (a, b) => a + b, { a: ({ dy }) => dy, b: ({ dy }) => dy }),
  Sub: binary("Sub", (a, b) => a - b, { a: ({ dy }) => dy, b: ({ b, dy }) => op.neg(op.sumTo(dy, b.shape)) }),
  Mul: binary("Mul", (a, b) => a * b, { a: ({ b, dy }) => op.mul(dy, b), b: ({ a, dy }) => op.mul(dy, a) }),
  Div: binary("Div", (a, b) => a / b, {
    a: ({ b, dy }) => op.div(dy, b),
    b: ({ b, c, dy }) => op.neg(op.div(op.sumTo(op.mul(dy, c), b.shape), b)),
  }),
  Pow: defineOp("Pow", {
    inputs: ["X", "Y"],
    outputs: ["Z"],
    infer: (call) => {
      const { X, Y } = call.inputs;
      return [{ dtype: X.dtype, shape: broadcast(call, [X.shape, Y.shape]) }];
    },
    fold: (call) => {
      const { X, Y } = call.inputs;
      return foldElementwise([X, Y], { dtype: X.dtype, shape: broadcast(call, [X.shape, Y.shape]) }, (x, y) => x ** y);
    },
    gradient: ({ inputs: { X, Y }, outputs: { Z }, dy }) => ({
      X: () => op.sumTo(op.mul(dy, powerSlope(X, op.cast(Y, X.dtype))), X.shape),
      Y: isFloat(Y.dtype)
        ? () => {
            // Where x ≤ 0 the logarithm has no meaning; there the exponent gets no gradient, as in PyTorch for x = 0.
            const slope = op.where(op.greater(X, 0), op.log(X), 0);
            return op.cast(op.sumTo(op.mul(op.mul(dy, Z), slope), Y.shape), Y.dtype);
          }
        : null,
    }),
  }),
  Mod: defineOp("Mod", {
    inputs: ["A", "B"],
    outputs: ["C"],
    attributes: { fmod: int(0) },
    infer: (call) => variadicType(call, [call.inputs.A, call.inputs.B]),
    fold: (call) => {
      const { A, B } = call.inputs;
      const [type] = variadicType(call, [A, B]);
      return foldElementwise([A, B], type, call.attributes.fmod ? (a, b) => a % b : (a, b) => ((a % b) + b) % b);
    },
    gradient: ({ inputs: { A, B }, dy }) => ({
      A: () => op.sumTo(dy, A.shape),
      B: () => {
        const quotient = op.div(A, B);
        const whole = op.mul(op.sign(quotient), op.floor(op.abs(quotient)));
        return op.neg(op.sumTo(op.mul(dy, whole), B.shape));
      },
    }),
  }),
  Max: extreme("Max", "max"),
  Min: extreme("Min", "min"),
  Sum: defineOp("Sum", {
    inputs: ["data_0..."],
    outputs: ["sum"],
    infer: (call) => variadicType(call, call.inputs.data_0),
    fold: (call) => {
      const [type] = variadicType(call, call.inputs.data_0);
      return foldElementwise(call.inputs.data_0, type, (...all) => all.reduce((a, b) => a + b));
    },
    gradient: ({ inputs: { data_0 }, dy }) => ({ data_0: data_0.map((x) => () => op.sumTo(dy, x.shape)) }),
  }),
  Mean: defineOp("Mean", {
    inputs: ["data_0..."],
    outputs: ["mean"],
    infer: (call) => variadicType(call, call.inputs.data_0),
    gradient: ({ inputs: { data_0 }, dy }) => {
      const share = once(() => op.mul(dy, 1 / data_0.length));
      return { data_0: data_0.map((x) => () => op.sumTo(share(), x.shape)) };
    },
  }),
  Neg: unary(
    "Neg",
    (x) => -x,
    ({ dy }) => op.neg(dy),
  ),
  Abs: unary("Abs", Math.abs, ({ x, dy }) => op.mul(dy, op.sign(x))),
  Sqrt: unary("Sqrt", Math.sqrt, ({ y, dy }) => op.div(op.mul(dy, 0.5), y)),
  Exp: unary("Exp", Math.exp, ({ y, dy }) => op.mul(dy, y)),
  Log: unary("Log", Math.log, ({ x, dy }) => op.div(dy, x)),
  Reciprocal: unary(
    "Reciprocal",
    (x) => 1 / x,
    ({ y, dy }) => op.neg(op.mul(dy, op.square(y))),
  ),
  Erf: unary("Erf", null, ({ x, dy }) => op.mul(dy, op.mul(op.exp(op.neg(op.square(x))), invSqrtPi2))),
  Sin: unary("Sin", Math.sin, ({ x, dy }) => op.mul(dy, op.cos(x))),
  Cos: unary("Cos", Math.cos, ({ x, dy }) => op.neg(op.mul(dy, op.sin(x)))),
  Tan: unary("Tan", Math.tan, ({ y, dy }) => op.mul(dy, op.add(op.square(y), 1))),
  Sinh: unary("Sinh", Math.sinh, ({ x, dy }) => op.mul(dy, op.cosh(x))),
  Cosh: unary("Cosh", Math.cosh, ({ x, dy }) => op.mul(dy, op.sinh(x))),
  Asin: unary("Asin", Math.asin, ({ x, dy }) => op.div(dy, op.sqrt(op.sub(1, op.square(x))))),
  Acos: unary("Acos", Math.acos, ({ x, dy }) => op.neg(op.div(dy, op.sqrt(op.sub(1, op.square(x)))))),
  Atan: unary("Atan", Math.atan, ({ x, dy }) => op.div(dy, op.add(op.square(x), 1))),
  Asinh: unary("Asinh", Math.asinh, ({ x, dy }) => op.div(dy, op.sqrt(op.add(op.square(x), 1)))),
  Acosh: unary("Acosh", Math.acosh, ({ x, dy }) => op.div(dy, op.sqrt(op.sub(op.square(x), 1)))),
  Atanh: unary("Atanh", Math.atanh, ({ x, dy }) => op.div(dy, op.sub(1, op.square(x)))),
  Sign: unary("Sign", Math.sign, "flat"),
  Floor: unary("Floor", Math.floor, "flat"),
  Ceil: unary("Ceil", Math.ceil, "flat"),
  Round: unary("Round", roundHalfToEven, "flat"),
  Identity: unary(
    "Identity",
    (x) => x,
    ({ dy }) => dy,
  ),
};

/** d(x^p)/dx = p x^(p−1), without a general power for the usual constants. */
function powerSlope(x: Value, p: Value): Value {
  const held = p.shape.length <= x.shape.length && sizeOf(p.shape) === 1 ? constantOf(p) : null;
  const exponent = held && numbers(held)[0];
  if (exponent === 1) return op.add(op.mul(x, 0), 1);
  if (exponent === 2) return op.mul(x, 2);
  if (exponent === 3) return op.mul(op.square(x), 3);
  return op.mul(op.pow(x, op.sub(p, 1)), p);
}

function roundHalfToEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
}
