import type { VerifierTable } from "@retort/engine/verify";
import { llavaKdParams, llavaKdTerms } from "../losses/llava-kd-total.ts";
import { type MdistInput, mdistParams, mdistTerms } from "../losses/mdist.ts";
import { spanMask } from "../losses/positions.ts";
import { rdist } from "../losses/rdist.ts";
import { type CaseTensors, lossVerifier } from "./loss-case.ts";

/** llava_kd.mdist, llava_kd.rdist, llava_kd.total. */
export const llavaKdVerifiers: VerifierTable = {
  "llava_kd.mdist": lossVerifier((tensors, { reduction, weights }) =>
    mdistTerms(batch(tensors), mdistParams.parse({ reduction, weights })),
  ),
  "llava_kd.rdist": lossVerifier((tensors, { normalize }) => ({
    loss: rdist.build(
      { student: { visual: tensors("student_visual") }, teacher: { visual: tensors("teacher_visual") } },
      rdist.params.parse({ normalize }),
    ),
  })),
  "llava_kd.total": lossVerifier((tensors, { alpha, beta, gamma, normalize, reduction }) => {
    const weights = { response: alpha, visual: beta, relation: gamma };
    const params = llavaKdParams.parse({ reduction, weights, relation: { normalize } });
    const { crossEntropy, ...terms } = llavaKdTerms(batch(tensors), params);
    return { ...terms, ce: crossEntropy! };
  }),
};

function batch(tensors: CaseTensors): MdistInput {
  const student = { logits: tensors("student_logits") };
  const visualMask = spanMask(tensors("visual_span"), student.logits.shape[1]!);
  return { student, teacher: { logits: tensors("teacher_logits") }, labels: tensors("labels"), visualMask };
}
