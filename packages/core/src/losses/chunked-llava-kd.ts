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
  differentiable?: boolean | undefined;
}

type Name = Exclude<LlavaKdTerm, "relation">;

/**
 * `llavaKdTerms` without the logits [B,T,V]: cross-entropy and distillation share each chunk of them, and the relation of raw
 * logits is computed through the heads, Z Zᵀ = H (W Wᵀ) Hᵀ. The terms beside the loss are to be reported: they carry no gradient.
 */
export function chunkedLlavaKdTerms(
  input: ChunkedLlavaKdInput,
  params: LlavaKdParams,
): { loss: Value } & Partial<Record<LlavaKdTerm, Value>> {
  const { student, teacher, visualWindow, chunkRows, trainHead, differentiable, ...kinds } = input;
  checkTokenKinds(["student.hidden", student.hidden], kinds, "llava-kd");
  const [batch, length] = student.hidden.shape as [number, number];
  const numRows = batch * length;
  const flat = (x: Value) => op.reshape(x, [numRows, ...x.shape.slice(2)]);
  const targets = flat(answerTargets(kinds, params));
  const answered = op.not(op.equal(targets, IGNORE_LABEL));
  const weights = { crossEntropy: rowWeights(answered), ...mdistWeights(kinds, params) };
  const names = Object.keys(weights) as Name[];
  const side = teacherSide(
    "logits" in teacher ? { logits: flat(teacher.logits) } : { ...teacher, hidden: flat(teacher.hidden) },
  );
  const fromLogits = chunkedHead({
    ...student,
    hidden: flat(student.hidden),
    rows: {
      ...side.rows,
      targets: op.where(answered, targets, 0),
      ...Object.fromEntries(names.map((name) => [name, weights[name] as Value])),
    },
    shared: side.shared,
    chunkRows,
    trainHead,
    differentiable,
    share: (chunk) => {
      const perRow = {
        crossEntropy: nn.crossEntropy(chunk.logits, chunk.rows.targets!, { ignoreIndex: null, reduction: "none" }),
        distilled: rowDivergence(chunk.logits, side.logits(chunk), params.divergence),
      };
      const sum = (name: Name) =>
        op.reduceSum(op.mul(perRow[name === "crossEntropy" ? name : "distilled"], chunk.rows[name]!));
      const terms = Object.fromEntries(names.map((name) => [name, sum(name)])) as Record<Name, Value>;
      return { loss: weightedSum(terms, params.weights), reports: names.map((name) => terms[name]) };
    },
  });
  const distance = relationDistance(
    {
      student: relationOf(student, visualWindow),
      teacher: relationOf(teacher, visualWindow),
      mask: withinWindow(input.visualMask, visualWindow),
    },
    params.relation,
  );
  const { relation: weight } = params.weights;
  return {
    ...Object.fromEntries(names.map((name, i) => [name, fromLogits.reports[i]!])),
    relation: distance,
    loss: weight === 0 ? fromLogits.loss : op.add(fromLogits.loss, op.mul(distance, weight)),
  };
}

function relationOf(states: TeacherStates, window: ChunkedLlavaKdInput["visualWindow"]): Value {
  if ("logits" in states) return relation(withinWindow(states.logits, window));
  return relationThroughHead(withinWindow(states.hidden, window), states.head, states.headLayout);
}
