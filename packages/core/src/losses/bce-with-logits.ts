import { op } from "@retort/engine";
import { z } from "zod";
import { sameTypes } from "./agreement.ts";
import { defineLoss } from "./loss.ts";
import { reduced, reduction } from "./reduction.ts";

/** −[w t log σ(x) + (1 − t) log σ(−x)] of logits and targets in [0, 1] of one type, exact at any logits. */
export const bceWithLogits = defineLoss({
  title: "Binary cross-entropy",
  params: z.strictObject({
    reduction,
    posWeight: z.number().positive().nullable().default(null).describe("Weight of the positive class; null: 1"),
  }),
  needs: ["logits", "targets"],
  build: ({ logits, targets }, { reduction, posWeight }) => {
    sameTypes({ logits, targets }, "bce-with-logits");
    const factor = posWeight === null ? 1 : op.add(op.mul(targets, posWeight - 1), 1); // of log(1 + e^−x)
    const linear = op.mul(op.sub(1, targets), logits);
    return reduced(op.add(linear, op.mul(op.softplus(op.neg(logits)), factor)), reduction);
  },
});
