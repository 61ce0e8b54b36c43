import { op, type Value, withGradient } from "@retort/engine";
import { z } from "zod";
import { SpecError } from "../base/errors.ts";
import { hasShape } from "./agreement.ts";
import { defineLoss } from "./loss.ts";

const FLOOR = 1e-30;

/**
 * Mean over positions of −a_y (1 − p_y)^γ log p_y, logits [N,C,...], targets int64 [N,...]; a is a weight per class.
 * Source: Lin et al., Focal Loss; the form over classes as in AnomalyCLIP's segmentation loss.
 */
export const focalSoftmax = defineLoss({
  title: "Focal loss over classes",
  params: z.strictObject({
    gamma: z.number().min(0).max(20).default(2).describe("How strongly well-classified positions are discounted"),
    alpha: z.array(z.number().min(0)).nullable().default(null).describe("A weight for each class; null: all 1"),
  }),
  needs: ["logits", "targets"],
  build: ({ logits, targets }, { gamma, alpha }) => {
    const [batch, classes, ...space] = logits.shape as [number, number, ...number[]];
    const expected = { shape: [batch, ...space], dtype: "int64", beside: ["logits", logits] } as const;
    hasShape(["targets", targets], expected, "focal-softmax");
    if (alpha !== null && alpha.length !== classes) {
      throw new SpecError({
        code: "LOSS_PARAMS",
        message: "alpha has not a weight for each class",
        expected: `${classes} weights`,
        got: `${alpha.length}`,
        where: "focal-softmax",
      });
    }
    const weights = alpha && op.unsqueeze(op.gather(logits.graph.constant(alpha, logits.dtype), targets), [1]);
    return op.reduceMean(focal(logits, { targets: op.unsqueeze(targets, [1]), weights, gamma }));
  },
});

/** [N,1,...]; its gradient is that of log p_y times (onehot − softmax), in one pass over the classes. */
function focal(logits: Value, at: { targets: Value; weights: Value | null; gamma: number }): Value {
  const { gamma } = at;
  const logp = op.logSoftmax(logits, { axis: 1 });
  const picked = op.gatherElements(logp, at.targets, { axis: 1 });
  const discounted = op.mul(op.neg(picked), discount(picked, gamma));
  const loss = at.weights ? op.mul(discounted, at.weights) : op.mul(discounted, 1);
  return withGradient(loss, {
    inputs: [logits],
    saved: [logp, picked, at.targets, ...(at.weights ? [at.weights] : [])],
    rule: ({ dy, saved }) => [
      () => {
        const [logProbabilities, l, targets, weights] = saved as [Value, Value, Value, Value | undefined];
        // d/dl of −(1 − e^l)^γ l
        const risen = op.mul(op.mul(op.mul(op.exp(l), discount(l, gamma - 1)), l), gamma);
        const slope = op.mul(op.sub(risen, discount(l, gamma)), weights ? op.mul(dy, weights) : dy);
        const spread = op.neg(op.mul(op.exp(logProbabilities), slope));
        return op.scatterElements(spread, targets, slope, { axis: 1, reduction: "add" });
      },
    ],
  });
}

/** (1 − e^l)^exponent; the floor keeps a negative exponent finite where p rounds to 1, and l = 0 cancels it there. */
function discount(l: Value, exponent: number): Value {
  return op.exp(op.mul(op.log(op.max(op.sub(1, op.exp(l)), FLOOR)), exponent));
}
