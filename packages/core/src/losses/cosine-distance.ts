import { nn, op } from "@retort/engine";
import { z } from "zod";
import { sameTypes } from "./agreement.ts";
import { defineLoss } from "./loss.ts";

/** Mean over rows of 1 − cos(input, target), tensors [...,D] of one type. */
export const cosineDistance = defineLoss({
  title: "Cosine distance",
  params: z.strictObject({}),
  needs: ["input", "target"],
  build: ({ input, target }) => {
    sameTypes({ input, target }, "cosine-distance");
    const cosines = op.reduceSum(op.mul(nn.normalize(input), nn.normalize(target)), { axes: [-1] });
    return op.reduceMean(op.sub(1, cosines));
  },
});
