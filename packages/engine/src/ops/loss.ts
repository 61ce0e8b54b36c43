import type { Value } from "../graph/graph.ts";
import type { Shape } from "../graph/tensor.ts";
import { defineComposite, int, string } from "./definition.ts";
import { op } from "./functions.ts";
import { type AnyCall, demand } from "./inference.ts";

const lossAttributes = { ignore_index: int(), reduction: string("mean") };

/** The losses that ONNX itself defines, for models that bring theirs along; `nn.crossEntropy` is the one to build with. */
export const loss = {
  NegativeLogLikelihoodLoss: defineComposite("NegativeLogLikelihoodLoss", {
    inputs: ["input", "target", "weight?"],
    outputs: ["loss"],
    attributes: lossAttributes,
    build: (call) => {
      const { input, target, weight } = call.inputs;
      return negativeLogLikelihood(call, { input, target, weight });
    },
  }),
  SoftmaxCrossEntropyLoss: defineComposite("SoftmaxCrossEntropyLoss", {
    inputs: ["scores", "labels", "weights?"],
    outputs: ["output", "log_prob?"],
    attributes: lossAttributes,
    build: (call) => {
      const { scores, labels, weights } = call.inputs;
      const input = op.logSoftmax(scores, { axis: 1 });
      return [negativeLogLikelihood(call, { input, target: labels, weight: weights }), input];
    },
  }),
};

interface LossCall extends AnyCall {
  attributes: { ignore_index?: number | undefined; reduction: string };
}

/** −w[t] · x[n,t,...] at the targets t [N,...]; x [N,C,...]; the mean is over the weights. */
function negativeLogLikelihood(call: LossCall, at: { input: Value; target: Value; weight: Value | null }): Value {
  const { input, target, weight } = at;
  const { ignore_index: ignored, reduction } = call.attributes;
  demand(`${target.shape}` === `${withoutAxis1(input.shape)}`, call, `targets of shape [${withoutAxis1(input.shape)}]`);
  const kept = ignored === undefined ? null : op.not(op.equal(target, ignored));
  const known = kept ? op.where(kept, target, 0) : target;
  const picked = op.squeeze(op.gatherElements(input, op.unsqueeze(known, [1]), { axis: 1 }), [1]);
  const classWeight = weight && op.gather(weight, known);
  const mask = kept && op.cast(kept, input.dtype);
  const share = classWeight && mask ? op.mul(classWeight, mask) : (classWeight ?? mask);
  const each = op.neg(share ? op.mul(picked, share) : picked);
  if (reduction === "none") return each;
  if (reduction === "sum") return op.reduceSum(each);
  return share ? op.div(op.reduceSum(each), op.reduceSum(share)) : op.reduceMean(each);
}

function withoutAxis1(shape: Shape): Shape {
  return shape.toSpliced(1, 1);
}
