import { filled, op, type Value } from "@retort/engine";
import { z } from "zod";
import { hasShape } from "./agreement.ts";

/** Label of positions that take no part. */
export const IGNORE_LABEL = -100;

export const labelPosition = z
  .enum(["token", "prediction"])
  .default("token")
  .describe(
    "token: labels stand at the token they name, predicted by the logits before it; prediction: at those logits",
  );

/** Labels int64 (or a mask bool) [B,T] moved from the tokens they name to the logits that predict them; the first is lost. */
export function atPrediction(values: Value): Value {
  const { graph, dtype } = values;
  const [batch, length] = values.shape as [number, number];
  const rest = op.slice(values, { axes: [1], starts: [1], ends: [length] });
  return op.concat([rest, graph.constant(filled(dtype, [batch, 1], dtype === "bool" ? 0 : IGNORE_LABEL))], 1);
}

/** bool [B,T], true at start <= t < end, of spans int64 [B,2] = (start, end): one image's tokens in each sample. */
export function spanMask(spans: Value, length: number): Value {
  const positions = spans.graph.constant(
    Array.from({ length }, (_, t) => t),
    "int64",
  );
  const bound = (at: number) => op.slice(spans, { axes: [1], starts: [at], ends: [at + 1] }); // [B,1]
  return op.and(op.lessOrEqual(bound(0), positions), op.less(positions, bound(1)));
}

/** What tells the tokens of a batch [B,T] apart. */
export interface TokenKinds {
  /** int64; IGNORE_LABEL where nothing is learnt. */
  labels: Value;
  /** bool, true at image tokens; all false for a sample without images, several runs for one with several. */
  visualMask: Value;
  /** bool, true at the tokens of the instruction; needed where they are distilled. */
  promptMask?: Value | undefined;
}

/** @throws ShapeError unless all are [B,T], as the logits [B,T,V] (or hidden states [B,T,D]) they belong to. */
export function checkTokenKinds(states: readonly [string, Value], kinds: TokenKinds, where: string): void {
  hasShape(states, { shape: [null, null, null] }, where);
  const shape = states[1].shape.slice(0, 2);
  hasShape(["labels", kinds.labels], { shape, dtype: "int64", beside: states }, where);
  hasShape(["visualMask", kinds.visualMask], { shape, dtype: "bool", beside: states }, where);
  if (kinds.promptMask) hasShape(["promptMask", kinds.promptMask], { shape, dtype: "bool", beside: states }, where);
}
