import { nn, op } from "@retort/engine";
import { z } from "zod";
import { hasShape } from "./agreement.ts";
import { defineLoss } from "./loss.ts";
import { IGNORE_LABEL } from "./positions.ts";

/**
 * Cross-entropy of logits [...,C] against labels int64 [...]: (1 − e)(−log p_y) + e · mean_c(−log p_c) over the rows whose
 * label is not `ignoreIndex`; 0 when none is left.
 */
export const crossEntropy = defineLoss({
  title: "Cross-entropy",
  params: z.strictObject({
    ignoreIndex: z.int().default(IGNORE_LABEL).describe("Rows with this label do not count"),
    labelSmoothing: z.number().min(0).max(1).default(0).describe("Share of the target spread evenly over all classes"),
    reduction: z.enum(["mean", "sum"]).default("mean").describe("Mean over the rows that count, or their sum"),
  }),
  needs: ["logits", "labels"],
  build: ({ logits, labels }, params) => {
    const shape = logits.shape.slice(0, -1);
    hasShape(["labels", labels], { shape, dtype: "int64", beside: ["logits", logits] }, "cross-entropy");
    const rows = shape.reduce((product, size) => product * size, 1);
    return nn.crossEntropy(op.reshape(logits, [rows, logits.shape.at(-1)!]), op.reshape(labels, [rows]), params);
  },
});
