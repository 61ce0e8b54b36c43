import { type DType, type Graph, graph, op, type Tensor, type Value } from "@retort/engine";
import { type LlavaConfig, mergedWidth, numImageTokens } from "../../models/llava/config.ts";
import { packedText } from "../../models/llava/packed-decoder.ts";
import { frozenStates } from "./train-graph.ts";

export interface TeacherGraphOptions {
  config: LlavaConfig;
  weights: ReadonlyMap<string, Tensor>;
  batchSize: number;
  numTextTokens: number;
  dtype: Extract<DType, "float16" | "float32">;
  /** Entries kept of each distribution; null: all logits. */
  topK: number | null;
}

/**
 * A frozen teacher's outputs for packed questions: `features` float16 [B,I,C] and the packed text -> `hidden` [B,I,D] and
 * either `logits` [B,I+T,V], or the most probable tokens: `values` (log-probabilities) and `indices` int32 [B,I+T,K], and
 * `rest` [B,I+T], the log-probability of every other token if what is left were spread evenly.
 */
export function teacherGraph({ config, weights, batchSize, numTextTokens, dtype, topK }: TeacherGraphOptions): Graph {
  const g = graph("llava-teacher");
  const text = packedText(g, batchSize, numTextTokens);
  const shape = [batchSize, numImageTokens(config), mergedWidth(config)];
  const features = op.cast(g.input("features", { dtype: "float16", shape }), "float32");
  const { logits, visualHidden } = frozenStates(g, { config, weights, features, text });
  const keep = (name: string, value: Value) => g.output(name, op.cast(value, dtype));
  keep("hidden", visualHidden);
  if (topK === null) {
    keep("logits", logits);
    return g;
  }
  const { values, indices } = op.topK(op.logSoftmax(logits), { k: topK });
  keep("values", values);
  g.output("indices", op.cast(indices, "int32"));
  const left = op.max(op.sub(1, op.reduceSum(op.exp(values), { axes: [2], keepdims: false })), 1e-6);
  keep("rest", op.log(op.div(left, Math.max(1, config.vocabularySize - topK))));
  return g;
}
