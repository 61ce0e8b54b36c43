import { nn, op, type Value } from "@retort/engine";
import { z } from "zod";
import { llavaKdParams, llavaKdTerms } from "../../losses/llava-kd-total.ts";
import { IGNORE_LABEL } from "../../losses/positions.ts";
import { rdistParams, relation, relationDistance } from "../../losses/rdist.ts";

// Labels stand at the logits that predict them in every batch made here: not the user's to choose.
const { labelPosition: _, relation: __, ...distillation } = llavaKdParams.shape;

const crossEntropy = z
  .strictObject({
    kind: z.literal("cross-entropy"),
    labelSmoothing: z
      .number()
      .min(0)
      .max(0.9)
      .default(0)
      .describe("Share of the target spread over all tokens: the control for distillation that only softens targets"),
  })
  .meta({ title: "Answers only (PT, SFT)" });

/** Terms, weights and divergence of L_DPT = L_DFT. */
export const distillationShape = {
  ...distillation,
  relation: rdistParams
    .extend({
      of: z
        .enum(["logits", "hidden"])
        .default("logits")
        .describe("What is related: the head's logits, as in the paper's code, or the last hidden states"),
    })
    .prefault({})
    .describe("Relation distillation on image tokens"),
};

const llavaKd = z
  .strictObject({ kind: z.literal("llava-kd"), ...distillationShape })
  .meta({ title: "Answers and a teacher (DPT, DFT)" });

/** What a training stage minimises. */
export const objectiveParams = z
  .discriminatedUnion("kind", [crossEntropy, llavaKd])
  .prefault({ kind: "cross-entropy" })
  .describe("Cross-entropy of the answers, or that and the distance to a teacher");

export type Objective = z.output<typeof objectiveParams>;
export type Distillation = Extract<Objective, { kind: "llava-kd" }>;

/** Whether logits themselves are related: log-probabilities have another Z Zᵀ, though the same divergences. */
export function relatesLogits({ weights, relation }: Pick<Distillation, "weights" | "relation">): boolean {
  return weights.relation > 0 && relation.of === "logits";
}

/** What a person may do who wants the relation of logits from a teacher of which the most probable tokens are stored. */
export const INSTEAD_OF_TOP_K =
  "Set topK to null, relation.of to hidden or weights.relation to 0, or let the teacher run online.";

/** A model's view of a batch: I image tokens, then T text tokens. */
export interface States {
  /** [B,I+T,V] */
  logits: Value;
  /** [B,I,D]: needed where relations are of hidden states. */
  visualHidden?: Value | undefined;
}

export interface DistilledBatch {
  student: States;
  teacher: States;
  /** int64 [B,T], at the logits that predict them. */
  labels: Value;
  /** bool [B,T], at the logits that predict an instruction token. */
  promptMask?: Value | undefined;
  numImageTokens: number;
}

/** Mean cross-entropy of logits [N,V] over the rows with a label. */
export function answerLoss(logits: Value, labels: Value, labelSmoothing: number): Value {
  return nn.crossEntropy(logits, labels, { ignoreIndex: IGNORE_LABEL, labelSmoothing });
}

/** L_DPT = L_DFT and its unweighted terms. Source: LLaVA-KD; weights of zero leave the cross-entropy alone. */
export function distilledLoss(
  batch: DistilledBatch,
  objective: Distillation,
): { loss: Value; terms: Record<string, Value> } {
  const { student, teacher, labels, promptMask, numImageTokens } = batch;
  const { relation: related, kind: ___, ...rest } = objective;
  const ofHidden = related.of === "hidden";
  const g = labels.graph;
  const [batchSize, numText] = labels.shape as [number, number];
  const behindImage = (text: Value, image: number) =>
    op.concat([constantRows(g, { dtype: text.dtype, shape: [batchSize, numImageTokens] }, image), text], 1);
  const isImage = Uint8Array.from({ length: batchSize * (numImageTokens + numText) }, (_, at) =>
    at % (numImageTokens + numText) < numImageTokens ? 1 : 0,
  );
  const weights = { ...rest.weights, relation: ofHidden ? 0 : rest.weights.relation };
  const { loss, ...terms } = llavaKdTerms(
    {
      student: { logits: student.logits },
      teacher: { logits: teacher.logits },
      labels: behindImage(labels, IGNORE_LABEL),
      visualMask: g.constant({ dtype: "bool", shape: [batchSize, numImageTokens + numText], data: isImage }),
      promptMask: promptMask && behindImage(promptMask, 0),
      visualWindow: [0, numImageTokens],
      windowIsFull: true,
    },
    { ...rest, weights, relation: { normalize: related.normalize }, labelPosition: "prediction" },
  );
  if (!ofHidden) return { loss, terms };
  const distance = relationDistance(
    { student: relation(student.visualHidden!), teacher: relation(teacher.visualHidden!) },
    related,
  );
  const { relation: weight } = rest.weights;
  return {
    loss: weight === 0 ? loss : op.add(loss, op.mul(distance, weight)),
    terms: { ...terms, relation: distance },
  };
}

type Rows = { dtype: Value["dtype"]; shape: readonly [number, number] };

function constantRows(g: Value["graph"], { dtype, shape }: Rows, value: number): Value {
  const size = shape[0] * shape[1];
  const data = dtype === "bool" ? new Uint8Array(size).fill(value) : new BigInt64Array(size).fill(BigInt(value));
  return g.constant({ dtype, shape, data });
}
