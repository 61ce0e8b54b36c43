import { op, type Value } from "@retort/engine";
import { z } from "zod";
import { SpecError } from "../base/errors.ts";
import { sameVocabulary } from "./agreement.ts";
import { divergenceParams, rowDivergence } from "./divergence.ts";
import { defineLoss } from "./loss.ts";
import { atPrediction, checkTokenKinds, IGNORE_LABEL, labelPosition, type TokenKinds } from "./positions.ts";
import { rowWeights } from "./row-weights.ts";

const weight = z.number().min(0).max(1000);

export const mdistParams = z.strictObject({
  divergence: divergenceParams.prefault({}).describe("Divergence at each position"),
  weights: z
    .strictObject({
      response: weight.default(1).describe("Weight of the answer tokens (alpha)"),
      visual: weight.default(1).describe("Weight of the image tokens (beta)"),
      // The paper distils neither; its ablation of prompt tokens is ours.
      prompt: weight.default(0).describe("Weight of the instruction tokens (an ablation; the paper leaves them out)"),
    })
    .prefault({}),
  reduction: z
    .enum(["token", "sample"])
    .default("token")
    .describe("Mean over all tokens of a batch, or a mean per sample, then over samples"),
  labelPosition,
});

export type MdistParams = z.output<typeof mdistParams>;
type Part = keyof MdistParams["weights"];

/**
 * Weights [B·T] of the positions whose logits count for each part. Answer and instruction tokens count at the logits that
 * predict them, image tokens at their own: nothing predicts an image token, what the model makes of it is compared.
 * @throws SpecError when instruction tokens have a weight and no mask
 */
export function mdistWeights(kinds: TokenKinds, params: MdistParams): Partial<Record<Part, Value>> {
  const [batch, length] = kinds.labels.shape as [number, number];
  const flat = (values: Value) => op.reshape(values, [batch * length]);
  const shifted = (values: Value) => flat(params.labelPosition === "token" ? atPrediction(values) : values);
  const mean = (mask: Value) => rowWeights(mask, { reduction: params.reduction, numSamples: batch });
  if (params.weights.prompt > 0 && !kinds.promptMask) {
    throw new SpecError({
      code: "LOSS_TENSOR_MISSING",
      message: "instruction tokens are to be distilled and nothing marks them",
      expected: "the tensor promptMask, or weights.prompt = 0",
    });
  }
  return {
    response: mean(op.not(op.equal(shifted(kinds.labels), IGNORE_LABEL))),
    visual: mean(flat(kinds.visualMask)),
    ...(kinds.promptMask && { prompt: mean(shifted(kinds.promptMask)) }),
  };
}

export interface MdistInput extends TokenKinds {
  student: { readonly logits: Value };
  teacher: { readonly logits: Value };
}

/** The loss and its unweighted parts; one pass over the logits [B,T,V] serves all. */
export function mdistTerms(
  { student, teacher, ...kinds }: MdistInput,
  params: MdistParams,
): { loss: Value } & Partial<Record<Part, Value>> {
  sameVocabulary(student.logits, teacher.logits, "mdist");
  checkTokenKinds(["student.logits", student.logits], kinds, "mdist");
  const [batch, length, vocabulary] = student.logits.shape as [number, number, number];
  const flat = (x: Value) => op.reshape(x, [batch * length, vocabulary]);
  const rows = rowDivergence(flat(student.logits), flat(teacher.logits), params.divergence);
  const parts = Object.entries(mdistWeights(kinds, params)) as [Part, Value][];
  const terms = parts.map(([part, weights]) => [part, op.reduceSum(op.mul(rows, weights))] as const);
  return {
    ...Object.fromEntries(terms),
    loss: op.sum(...terms.map(([part, term]) => op.mul(term, params.weights[part]))),
  };
}

/** Multimodal distillation: divergence at answer, image and (as an ablation) instruction tokens. Source: LLaVA-KD, MDist. */
export const mdist = defineLoss({
  title: "Multimodal distillation (MDist)",
  params: mdistParams,
  needs: ["student.logits", "teacher.logits", "labels", "visualMask", "promptMask?"],
  build: (tensors, params) => mdistTerms(tensors, params).loss,
});
