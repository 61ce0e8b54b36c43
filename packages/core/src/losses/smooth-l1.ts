import { op } from "@retort/engine";
import { z } from "zod";
import { sameTypes } from "./agreement.ts";
import { defineLoss } from "./loss.ts";
import { reduced, reduction } from "./reduction.ts";

/** d² / (2 β) where d = |input − target| < β, else d − β / 2, tensors of one type. */
export const smoothL1 = defineLoss({
  title: "Smooth L1 error",
  params: z.strictObject({
    reduction,
    beta: z.number().positive().default(1).describe("Distance at which the error turns from quadratic to linear"),
  }),
  needs: ["input", "target"],
  build: ({ input, target }, { reduction, beta }) => {
    sameTypes({ input, target }, "smooth-l1");
    const difference = op.sub(input, target);
    // With c = clip(x, ±β) both branches are (c x − c² / 2) / β, whose derivative is c / β.
    const clipped = op.stopGradient(op.clip(difference, { min: -beta, max: beta }));
    const error = op.sub(op.mul(clipped, difference), op.mul(op.square(clipped), 0.5));
    return reduced(op.mul(error, 1 / beta), reduction);
  },
});
