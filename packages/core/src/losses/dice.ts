import { op } from "@retort/engine";
import { z } from "zod";
import { sameTypes } from "./agreement.ts";
import { defineLoss } from "./loss.ts";

/**
 * Mean over samples of 1 − (2 Σ p t + s) / (Σ p + Σ t + s), `input` and `targets` [N,...] of one type, sums over all of a
 * sample. Source: Milletari et al., V-Net (with first powers in the denominator).
 */
export const dice = defineLoss({
  title: "Dice loss",
  params: z.strictObject({
    smooth: z.number().positive().default(1).describe("Added above and below: keeps empty masks defined"),
    fromLogits: z.boolean().default(false).describe("The input are logits; false: probabilities"),
  }),
  needs: ["input", "targets"],
  build: ({ input, targets }, { smooth, fromLogits }) => {
    sameTypes({ input, targets }, "dice");
    const p = fromLogits ? op.sigmoid(input) : input;
    const axes = input.shape.slice(1).map((_, i) => i + 1);
    const overlap = op.add(op.mul(op.reduceSum(op.mul(p, targets), { axes }), 2), smooth);
    const total = op.add(op.reduceSum(op.add(p, targets), { axes }), smooth);
    return op.reduceMean(op.sub(1, op.div(overlap, total)));
  },
});
