import { op, type Value } from "@retort/engine";
import { IGNORE_LABEL } from "../../losses/positions.ts";

/** Share of labelled rows whose most probable prediction is right: logits [N,V], labels int64 [N]. */
export function tokenAccuracy(logits: Value, labels: Value): Value {
  const predicted = op.argMax(logits, { axis: 1, keepdims: false });
  const kept = op.cast(op.not(op.equal(labels, IGNORE_LABEL)), "float32");
  const right = op.cast(op.equal(predicted, labels), "float32");
  const count = op.max(op.reduceSum(kept, { keepdims: false }), 1);
  return op.div(op.reduceSum(op.mul(right, kept), { keepdims: false }), count);
}
