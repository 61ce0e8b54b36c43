import { op } from "@retort/engine";
import { z } from "zod";
import { sameTypes } from "./agreement.ts";
import { defineLoss } from "./loss.ts";

/**
 * Mean of a_t (1 − p_t)^γ (−log p_t) over elements, logits and targets (0 or 1) of one shape; a_t = alpha for t = 1, else
 * 1 − alpha. Source: Lin et al., Focal Loss for Dense Object Detection.
 */
export const focalBinary = defineLoss({
  title: "Focal loss, binary",
  params: z.strictObject({
    gamma: z.number().min(0).max(20).default(2).describe("How strongly well-classified elements are discounted"),
    alpha: z.number().min(0).max(1).nullable().default(null).describe("Weight of the positive class; null: none"),
  }),
  needs: ["logits", "targets"],
  build: ({ logits, targets }, { gamma, alpha }) => {
    sameTypes({ logits, targets }, "focal-binary");
    // u = ±x, so that p_t = σ(u): both logarithms are softplus, which stays exact where σ rounds to 0 or 1.
    const u = op.mul(logits, op.sub(op.mul(targets, 2), 1));
    const discount = op.exp(op.mul(op.softplus(u), -gamma)); // (1 − p_t)^γ
    const focal = op.mul(discount, op.softplus(op.neg(u)));
    const share = alpha === null ? 1 : op.add(op.mul(targets, 2 * alpha - 1), 1 - alpha);
    return op.reduceMean(op.mul(focal, share));
  },
});
