import { filled, op, type Value } from "@retort/engine";
import { hasShape } from "./agreement.ts";
import { type Chunk, chunkedHead, type HeadLayout, type NamedValues } from "./chunked-head.ts";
import { type DivergenceParams, rowDivergence } from "./divergence.ts";
import { rowWeights } from "./row-weights.ts";

/** Logits as hidden states [N,D] and an output layer, which need not be multiplied at once. */
export interface HeadStates {
  readonly hidden: Value;
  readonly head: Value;
  readonly headLayout?: HeadLayout | undefined;
}

/** The teacher's side: hidden states and head as well, or logits [N,V] from a cache. */
export type TeacherStates = HeadStates | { readonly logits: Value };

export interface ChunkedDivergenceInput {
  student: HeadStates;
  teacher: TeacherStates;
  /** bool [N]. */
  mask?: Value | undefined;
  /** Rows of logits that exist at once. */
  chunkRows: number;
  trainHead?: boolean | undefined;
  differentiable?: boolean | undefined;
}

/** The loss `divergence` of logits that are made, compared and forgotten chunk by chunk. */
export function chunkedDivergence(
  { student, teacher, mask, ...chunking }: ChunkedDivergenceInput,
  params: DivergenceParams,
): Value {
  const { hidden } = student;
  const numRows = hidden.shape[0]!;
  if (mask) hasShape(["mask", mask], { shape: [numRows], dtype: "bool" }, "chunked-divergence");
  const weights = mask
    ? rowWeights(mask, { dtype: hidden.dtype })
    : hidden.graph.constant(filled(hidden.dtype, [numRows], 1 / numRows));
  const side = teacherSide(teacher);
  return chunkedHead({
    ...student,
    ...chunking,
    rows: { ...side.rows, weights },
    shared: side.shared,
    share: (chunk) => {
      const rows = rowDivergence(chunk.logits, side.logits(chunk), params);
      return { loss: op.reduceSum(op.mul(rows, chunk.rows.weights!)), reports: [] };
    },
  }).loss;
}

/** What of the teacher is cut into chunks, what is not, and how its logits come of them. */
export function teacherSide(teacher: TeacherStates): {
  rows: NamedValues;
  shared: NamedValues;
  logits: (chunk: Chunk) => Value;
} {
  if ("logits" in teacher) {
    return { rows: { teacherLogits: teacher.logits }, shared: {}, logits: ({ rows }) => rows.teacherLogits! };
  }
  const transB = teacher.headLayout === "out-in";
  return {
    rows: { teacherHidden: teacher.hidden },
    shared: { teacherHead: teacher.head },
    logits: ({ rows, shared }) => op.gemm(rows.teacherHidden!, shared.teacherHead!, { transB }),
  };
}
