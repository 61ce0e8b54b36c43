import type { Value } from "../graph/graph.ts";
import { type Shape, sizeOf } from "../graph/tensor.ts";
import { defineOp, float, int, string } from "./definition.ts";
import { missingGradient } from "./errors.ts";
import { op } from "./functions.ts";
import { type AnyCall, broadcast, demand, demandSameDtype } from "./inference.ts";

export const product = {
  MatMul: defineOp("MatMul", {
    inputs: ["A", "B"],
    outputs: ["Y"],
    infer: (call) => {
      const { A, B } = call.inputs;
      demandSameDtype(call, [A, B]);
      return [{ dtype: A.dtype, shape: matMulShape(call, A.shape, B.shape) }];
    },
    gradient: ({ inputs: { A, B }, dy }) => {
      if (B.shape.length === 2 && A.shape.length >= 2) return flatGradient(A, B, dy);
      const a = A.shape.length === 1 ? op.unsqueeze(A, [0]) : A;
      const b = B.shape.length === 1 ? op.unsqueeze(B, [1]) : B;
      const batch = dy.shape.slice(0, dy.shape.length - Number(A.shape.length > 1) - Number(B.shape.length > 1));
      const d = op.reshape(dy, [...batch, a.shape.at(-2) as number, b.shape.at(-1) as number]);
      return {
        A: () => op.reshape(op.sumTo(op.matMul(d, swapLast(b)), a.shape), A.shape),
        B: () => op.reshape(op.sumTo(op.matMul(swapLast(a), d), b.shape), B.shape),
      };
    },
  }),

  Gemm: defineOp("Gemm", {
    inputs: ["A", "B", "C?"],
    outputs: ["Y"],
    attributes: { alpha: float(1), beta: float(1), transA: int(0), transB: int(0) },
    infer: (call) => {
      const { A, B, C } = call.inputs;
      const { transA, transB } = call.attributes;
      demand(A.shape.length === 2 && B.shape.length === 2, call, "two matrices");
      demandSameDtype(call, [A, B]);
      const [m, k] = transA ? [A.shape[1], A.shape[0]] : A.shape;
      const [n, kB] = transB ? B.shape : [B.shape[1], B.shape[0]];
      demand(k === kB, call, `inner sizes that agree (${k} and ${kB})`);
      const shape = [m as number, n as number];
      if (C)
        demand(
          broadcast(call, [C.shape, shape]).every((dim, i) => dim === shape[i]) && C.shape.length <= 2,
          call,
          "C that broadcasts to the product",
        );
      return [{ dtype: A.dtype, shape }];
    },
    gradient: ({ inputs: { A, B, C }, attributes: { alpha, beta, transA, transB }, dy }) => ({
      // Every case is one Gemm: the transposes move into its flags.
      A: () =>
        transA
          ? op.gemm(B, dy, { transA: transB === 1, transB: true, alpha })
          : op.gemm(dy, B, { transB: transB === 0, alpha }),
      B: () =>
        transB
          ? op.gemm(dy, A, { transA: true, transB: transA === 1, alpha })
          : op.gemm(A, dy, { transA: transA === 0, alpha }),
      C: () => op.mul(op.sumTo(dy, (C as Value).shape), beta),
    }),
  }),

  Einsum: defineOp("Einsum", {
    inputs: ["Inputs..."],
    outputs: ["Output"],
    attributes: { equation: string("") },
    infer: (call) => {
      const { Inputs } = call.inputs;
      demandSameDtype(call, Inputs);
      const { terms, result } = parseEinsum(call, call.attributes.equation, Inputs);
      const sizes = labelSizes(call, terms, Inputs);
      return [{ dtype: (Inputs[0] as Value).dtype, shape: [...result].map((label) => sizes.get(label) as number) }];
    },
    gradient: ({ graph, node, inputs: { Inputs }, attributes: { equation }, dy }) => {
      const call = { graph, op: node.op, nodeName: node.name, inputs: Inputs, numOutputs: 1 };
      const { terms, result } = parseEinsum(call, equation, Inputs);
      const sizes = labelSizes(call, terms, Inputs);
      return {
        Inputs: Inputs.map((x, i) => () => {
          const term = terms[i] as string;
          if (new Set(term).size < term.length) throw missingGradient(node, "a label twice in one operand");
          const others = Inputs.filter((_, j) => j !== i);
          const otherTerms = terms.filter((_, j) => j !== i);
          const known = [...term].filter(
            (label) => result.includes(label) || otherTerms.some((other) => other.includes(label)),
          );
          const partial = op.einsum(`${[...otherTerms, result].join(",")}->${known.join("")}`, ...others, dy);
          // A label that only this operand has was summed: its gradient is constant along it.
          const kept = [...term].map((label) => (known.includes(label) ? (sizes.get(label) as number) : 1));
          const full = [...term].map((label) => sizes.get(label) as number);
          return op.sumTo(op.expand(op.reshape(partial, kept), full), x.shape);
        }),
      };
    },
  }),
};

/** B is a matrix: both products are 2-D Gemms over all rows of A, the fast case for weights. */
function flatGradient(A: Value, B: Value, dy: Value) {
  const k = A.shape.at(-1) as number;
  const n = B.shape[1] as number;
  const rows = sizeOf(A.shape.slice(0, -1));
  const d = op.reshape(dy, [rows, n]);
  return {
    A: () => op.reshape(op.gemm(d, B, { transB: true }), A.shape),
    B: () => op.gemm(op.reshape(A, [rows, k]), d, { transA: true }),
  };
}

/** Exchanges the last two axes; the runtime fuses this into the product that follows. */
export function swapLast(x: Value): Value {
  const rank = x.shape.length;
  return op.transpose(
    x,
    [...x.shape.keys()].map((i) => (i === rank - 1 ? rank - 2 : i === rank - 2 ? rank - 1 : i)),
  );
}

function matMulShape(call: AnyCall, a: Shape, b: Shape): number[] {
  demand(a.length > 0 && b.length > 0, call, "operands of rank 1 or more");
  const left = a.length === 1 ? [1, ...a] : a;
  const right = b.length === 1 ? [...b, 1] : b;
  demand(left.at(-1) === right.at(-2), call, `inner sizes that agree (${left.at(-1)} and ${right.at(-2)})`);
  const shape = broadcast(call, [left.slice(0, -2), right.slice(0, -2)]);
  if (left.length === 2 && right.length === 2) shape.length = 0;
  if (a.length > 1) shape.push(left.at(-2) as number);
  if (b.length > 1) shape.push(right.at(-1) as number);
  return shape;
}

/** Terms of an equation as plain labels: "..." becomes upper-case letters of its own, an implicit result is spelled out. */
function parseEinsum(call: AnyCall, equation: string, inputs: readonly Value[]) {
  const [left = "", right] = equation.replaceAll(" ", "").split("->");
  const written = left.split(",");
  demand(written.length === inputs.length, call, `${written.length} operands for "${equation}"`);
  const ellipsisRank = (term: string, i: number) => (inputs[i] as Value).shape.length - (term.length - 3);
  const widest = Math.max(0, ...written.map((term, i) => (term.includes("...") ? ellipsisRank(term, i) : 0)));
  const free = [..."ZYXWVUTSRQPONMLKJIHGFEDCBA"]
    .filter((letter) => !equation.includes(letter))
    .slice(0, widest)
    .join("");
  const terms = written.map((term, i) =>
    term.includes("...") ? term.replace("...", free.slice(widest - ellipsisRank(term, i))) : term,
  );
  terms.forEach((term, i) => {
    demand(term.length === inputs[i]?.shape.length, call, `operand ${i} of rank ${term.length} for "${equation}"`);
  });
  const all = terms.join("");
  const implicit = [...new Set(all)].filter((label) => !free.includes(label) && all.split(label).length === 2).sort();
  return { terms, result: right === undefined ? free + implicit.join("") : right.replace("...", free) };
}

function labelSizes(call: AnyCall, terms: readonly string[], inputs: readonly Value[]): Map<string, number> {
  const sizes = new Map<string, number>();
  terms.forEach((term, i) => {
    [...term].forEach((label, axis) => {
      const size = inputs[i]?.shape[axis] as number;
      const known = sizes.get(label) ?? 1;
      demand(known === 1 || size === 1 || known === size, call, `one size for label "${label}"`);
      sizes.set(label, Math.max(known, size));
    });
  });
  return sizes;
}
