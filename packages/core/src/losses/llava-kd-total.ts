import { nn, op, type Value } from "@retort/engine";
import { z } from "zod";
import { defineLoss } from "./loss.ts";
import { type MdistInput, mdistParams, mdistTerms } from "./mdist.ts";
import { atPrediction, type TokenKinds } from "./positions.ts";
import { rdistParams, relation, relationDistance } from "./rdist.ts";

const weight = z.number().min(0).max(1000);
const { weights: _, ...mdistRest } = mdistParams.shape;

export const llavaKdParams = z.strictObject({
  weights: z
    .strictObject({
      crossEntropy: weight.default(1).describe("Weight of the cross-entropy of the answers (the paper's 1)"),
      response: weight.default(1).describe("Weight of distillation on answer tokens (alpha)"),
      visual: weight.default(1).describe("Weight of distillation on image tokens (beta)"),
      prompt: weight.default(0).describe("Weight of distillation on instruction tokens (an ablation)"),
      relation: weight.default(0.5).describe("Weight of relation distillation (gamma)"),
    })
    .prefault({}),
  ...mdistRest,
  relation: rdistParams.prefault({}),
});

export type LlavaKdParams = z.output<typeof llavaKdParams>;

export type LlavaKdTerm = keyof LlavaKdParams["weights"];

export interface LlavaKdInput extends MdistInput {
  /** Positions [start, end) outside of which no sample has image tokens: the relation is computed there alone. */
  visualWindow?: readonly [number, number] | undefined;
  /** Every sample has an image token at every position of that window: nothing of it has to be masked. */
  windowIsFull?: boolean;
}

/** The loss and its unweighted terms, from logits [B,T,V]. */
export function llavaKdTerms(
  { visualWindow, windowIsFull = false, ...input }: LlavaKdInput,
  params: LlavaKdParams,
): { loss: Value } & Partial<Record<LlavaKdTerm, Value>> {
  const { loss: _, ...distilled } = mdistTerms(input, params);
  const [batch, length, vocabulary] = input.student.logits.shape as [number, number, number];
  const targets = op.reshape(answerTargets(input, params), [batch * length]);
  const window = (x: Value) => withinWindow(x, visualWindow);
  const terms = {
    crossEntropy: nn.crossEntropy(op.reshape(input.student.logits, [batch * length, vocabulary]), targets),
    ...distilled,
    relation: relationDistance(
      {
        student: relation(window(input.student.logits)),
        teacher: relation(window(input.teacher.logits)),
        mask: windowIsFull ? undefined : window(input.visualMask),
      },
      params.relation,
    ),
  };
  return { ...terms, loss: weightedSum(terms, params.weights) };
}

/** Labels at the logits that predict them, int64 [B,T]. */
export function answerTargets({ labels }: TokenKinds, params: Pick<LlavaKdParams, "labelPosition">): Value {
  return params.labelPosition === "token" ? atPrediction(labels) : labels;
}

export function withinWindow(x: Value, window: LlavaKdInput["visualWindow"]): Value {
  return window ? op.slice(x, { axes: [1], starts: [window[0]], ends: [window[1]] }) : x;
}

/** Terms of weight 0 are left out, so that they cost no backward pass. */
export function weightedSum(
  terms: Partial<Record<LlavaKdTerm, Value>>,
  weights: Readonly<Record<LlavaKdTerm, number>>,
): Value {
  const entries = Object.entries(terms) as [LlavaKdTerm, Value][];
  const counted = entries.filter(([name]) => weights[name] > 0);
  if (counted.length === 0) return op.mul(op.sum(...entries.map(([, term]) => term)), 0);
  return op.sum(...counted.map(([name, term]) => op.mul(term, weights[name])));
}

/**
 * L = CE + α response + β visual + γ relation on logits [B,T,V]. Samples without image tokens add no visual or relation
 * term. Source: LLaVA-KD, L_DPT and L_DFT, weights {1, 1, 0.5}.
 */
export const llavaKdTotal = defineLoss({
  title: "LLaVA-KD: cross-entropy, MDist and RDist",
  params: llavaKdParams,
  needs: ["student.logits", "teacher.logits", "labels", "visualMask", "promptMask?"],
  build: (tensors, params) => llavaKdTerms(tensors, params).loss,
});
