import { nn, op, type Value, withGradient } from "@retort/engine";

/** Where a batch normalisation takes its mean and variance from. */
export type NormStatistics =
  /** From parameters "mean" and "variance": the form for inference. */
  | { from: "parameters" }
  /** From the batch itself: the form for training. What was measured is noted under the layer's path. */
  | { from: "batch"; measured: Map<string, { mean: Value; meanSquare: Value }> };

const EPSILON = 1e-5;

/**
 * Batch normalisation of x [B,C,H,W]; parameters "weight" and "bias" [C], and "mean" and "variance" [C] where statistics
 * come from there. Source: Ioffe and Szegedy 2015. No running averages are kept while training: the statistics for inference
 * are measured afterwards with the final weights. Source: Wu and Johnson 2021, "Rethinking Batch in BatchNorm" (PreciseBN).
 */
export function batchNorm(p: nn.Scope, x: Value, statistics: NormStatistics): Value {
  const channels = [x.shape[1]!];
  const scale = p.parameter("weight", channels, nn.init.ones);
  const bias = p.parameter("bias", channels, nn.init.zeros);
  if (statistics.from === "parameters") {
    const mean = p.parameter("mean", channels, nn.init.zeros);
    const variance = p.parameter("variance", channels, nn.init.ones);
    // Measured, not learnt.
    for (const value of [mean, variance]) value.trainable = false;
    return op.batchNormalization(x, { scale, bias, mean, variance, epsilon: EPSILON });
  }
  const axes = [0, 2, 3];
  const count = x.shape[0]! * x.shape[2]! * x.shape[3]!;
  const mean = op.reduceMean(x, { axes });
  const meanSquare = op.mul(op.reduceSumSquare(x, { axes }), 1 / count);
  statistics.measured.set(p.path("").replace(/\.$/, ""), { mean, meanSquare });
  const variance = op.max(op.sub(meanSquare, op.square(mean)), 0);
  const y = op.batchNormalization(x, { scale, bias, mean, variance, epsilon: EPSILON });
  return withGradient(y, {
    inputs: [x, scale, bias],
    saved: [mean, variance],
    // dx = a dy + b x + c per channel, of which the inference operator makes the first and third in one pass.
    rule: ({ dy, inputs: [input, gain], saved: [center, spread] }) => {
      const rstd = op.reciprocal(op.sqrt(op.add(spread!, EPSILON)));
      const sum = op.reduceSum(dy, { axes });
      const along = op.sub(op.reduceSum(op.mul(dy, input!), { axes }), op.mul(center!, sum)); // Σ dy (x − mean)
      return [
        () => {
          const a = op.mul(gain!, rstd);
          const b = op.mul(op.mul(op.mul(a, op.square(rstd)), along), -1 / count);
          const c = op.sub(op.mul(op.mul(a, sum), -1 / count), op.mul(b, center!));
          return op.add(affine(dy, a, c), op.mul(input!, op.reshape(b, [1, channels[0]!, 1, 1])));
        },
        () => op.mul(along, rstd),
        () => sum,
      ];
    },
  });
}

/** x · scale + bias per channel, in one pass. */
function affine(x: Value, scale: Value, bias: Value): Value {
  const channels = x.shape[1]!;
  const constant = (value: number) =>
    x.graph.constant({ dtype: "float32", shape: [channels], data: new Float32Array(channels).fill(value) });
  return op.batchNormalization(x, { scale, bias, mean: constant(0), variance: constant(1), epsilon: 0 });
}
