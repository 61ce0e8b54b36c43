import { op, type Value, withGradient } from "@retort/engine";
import { z } from "zod";
import { hasShape, sameVocabulary } from "./agreement.ts";
import { divergenceKinds, divergenceNames, type RowPair } from "./divergence-kinds.ts";
import { defineLoss } from "./loss.ts";
import { rowWeights } from "./row-weights.ts";

export const divergenceParams = z.strictObject({
  kind: z.enum(divergenceNames).default("forward-kl").describe("Divergence between teacher p and student q"),
  temperature: z.number().positive().max(100).default(1).describe("Logits are divided by this on both sides"),
  scaleByT2: z
    .boolean()
    .default(true)
    .describe("Multiply by temperature², so that the gradient keeps its size at any temperature"),
  lambda: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .default(null)
    .describe("Share in the mixture of js (default 0.5) and the skewed divergences (default 0.1)"),
});

export type DivergenceParams = z.output<typeof divergenceParams>;

/**
 * Divergence of every row [N] between softmax(teacher / T) and softmax(student / T), logits [N,V], times T² if so asked.
 * Its gradient is written in closed form and goes to the student alone: the teacher never gets backward nodes.
 */
export function rowDivergence(student: Value, teacher: Value, params: DivergenceParams): Value {
  sameVocabulary(student, teacher, "divergence");
  const { temperature, scaleByT2 } = params;
  const kind = divergenceKinds[params.kind];
  const lambda = params.lambda ?? kind.lambda ?? 0;
  const logP = op.logSoftmax(op.mul(teacher, 1 / temperature));
  const logQ = op.logSoftmax(op.mul(student, 1 / temperature));
  const rows = op.reduceSum(kind.terms(rowPair(logP, logQ, lambda)), { axes: [-1] });
  const row = withGradient(rows, {
    inputs: [student],
    saved: [logP, logQ],
    rule: ({ dy, saved }) => [
      () => {
        const [savedP, savedQ] = saved as [Value, Value];
        return op.mul(kind.gradient(rowPair(savedP, savedQ, lambda)), op.unsqueeze(op.mul(dy, 1 / temperature), [-1]));
      },
    ],
  });
  return op.mul(row, scaleByT2 ? temperature ** 2 : 1);
}

function rowPair(logP: Value, logQ: Value, lambda: number): RowPair {
  return { logP, logQ, lambda, p: once(() => op.exp(logP)), q: once(() => op.exp(logQ)) };
}

function once(make: () => Value): () => Value {
  let made: Value | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** Mean over the rows kept of a divergence between teacher and student logits [N,V]; `mask` bool [N]. 0 when no row is kept. */
export const divergence = defineLoss({
  title: "Divergence of the student's distribution from the teacher's",
  params: divergenceParams,
  needs: ["student.logits", "teacher.logits", "mask?"],
  build: ({ student, teacher, mask }, params) => {
    hasShape(["student.logits", student.logits], { shape: [null, null] }, "divergence");
    const rows = rowDivergence(student.logits, teacher.logits, params);
    if (!mask) return op.reduceMean(rows);
    const beside = ["student.logits", student.logits] as const;
    hasShape(["mask", mask], { shape: rows.shape, dtype: "bool", beside }, "divergence");
    return op.reduceSum(op.mul(rows, rowWeights(mask, { dtype: rows.dtype })));
  },
});
