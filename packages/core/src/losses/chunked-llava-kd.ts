import { nn, op, type Value } from "@retort/engine";
import { type HeadStates, type TeacherStates, teacherSide } from "./chunked-divergence.ts";
import { chunkedHead } from "./chunked-head.ts";
import { rowDivergence } from "./divergence.ts";
import { answerTargets, type LlavaKdParams, type LlavaKdTerm, weightedSum, withinWindow } from "./llava-kd-total.ts";
import { mdistWeights } from "./mdist.ts";
import { checkTokenKinds, IGNORE_LABEL, type TokenKinds } from "./positions.ts";
import { relation, relationDistance, relationThroughHead } from "./rdist.ts";
import { rowWeights } from "./row-weights.ts";

export interface ChunkedLlavaKdInput extends TokenKinds {
  /** Hidden states [B,T,D]. */
  student: HeadStates;
  /** Hidden states [B,T,D] or logits [B,T,V]. */
  teacher: TeacherStates;
  visualWindow?: readonly [number, number] | undefined;
  chunkRows: number;
  trainHead?: boolean | undefined;
}

/**
 * `llavaKdTerms` without the logits [B,T,V]: cross-entropy and distillation share each chunk of them, and the relation of raw
 * logits is computed through the heads, Z Zᵀ = H (W Wᵀ) Hᵀ.
 */
export function chunkedLlavaKdTerms(
  input: ChunkedLlavaKdInput,
  params: LlavaKdParams,
): { loss: Value } & Partial<Record<LlavaKdTerm, Value>> {
  const { student, teacher, visualWindow, chunkRows, trainHead, ...kinds } = input;
  checkTokenKinds(["student.hidden", student.hidden], kinds, "llava-kd");
  const [batch, length] = student.hidden.shape as [number, number];
  const numRows = batch * length;
  const flat = (x: Value) => op.reshape(x, [numRows, ...x.shape.slice(2)]);
  const targets = answerTargets(kinds, params);
  const answered = op.not(op.equal(targets, IGNORE_LABEL));
  const weights = { crossEntropy: rowWeights(answered, "token"), ...mdistWeights(kinds, params) };
  const names = Object.keys(weights) as (keyof typeof weights)[];
  const side = teacherSide(
    "logits" in teacher ? { logits: flat(teacher.logits) } : { ...teacher, hidden: flat(teacher.hidden) },
  );
  const sums = chunkedHead({
    ...student,
    hidden: flat(student.hidden),
    rows: {
      ...side.rows,
      targets: flat(op.where(answered, targets, 0)),
      ...Object.fromEntries(names.map((name) => [name, flat(weights[name]!)])),
    },
    shared: side.shared,
    chunkRows,
    trainHead,
    share: (chunk) => {
      const perRow = {
        crossEntropy: nn.crossEntropy(chunk.logits, chunk.rows.targets!, { ignoreIndex: null, reduction: "none" }),
        distilled: rowDivergence(chunk.logits, side.logits(chunk), params.divergence),
      };
      const sum = (name: string) =>
        op.reduceSum(op.mul(perRow[name === "crossEntropy" ? name : "distilled"], chunk.rows[name]!));
      return op.stack(names.map(sum), 0);
    },
  });
  const terms: Partial<Record<LlavaKdTerm, Value>> = {
    ...Object.fromEntries(names.map((name, i) => [name, op.gather(sums, i)])),
    relation: relationDistance(
      {
        student: relationOf(student, visualWindow),
        teacher: relationOf(teacher, visualWindow),
        mask: withinWindow(input.visualMask, visualWindow),
      },
      params.relation,
    ),
  };
  return { ...terms, loss: weightedSum(terms, params.weights) };
}

function relationOf(states: TeacherStates, window: ChunkedLlavaKdInput["visualWindow"]): Value {
  if ("logits" in states) return relation(withinWindow(states.logits, window));
  return relationThroughHead(withinWindow(states.hidden, window), states.head, states.headLayout);
}
