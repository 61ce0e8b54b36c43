import { op } from "@retort/engine";
import { z } from "zod";
import { sameTypes } from "./agreement.ts";
import { defineLoss } from "./loss.ts";
import { reduced, reduction } from "./reduction.ts";

/** (input − target)², tensors of one type. */
export const mse = defineLoss({
  title: "Squared error",
  params: z.strictObject({ reduction }),
  needs: ["input", "target"],
  build: ({ input, target }, { reduction }) => {
    sameTypes({ input, target }, "mse");
    return reduced(op.square(op.sub(input, target)), reduction);
  },
});
