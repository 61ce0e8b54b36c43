import { type Graph, graph, nn, op, type Tensor, type Value } from "@retort/engine";
import type { HeadStates } from "../../losses/chunked-divergence.ts";
import { chunkedHead } from "../../losses/chunked-head.ts";
import { chunkedLlavaKdTerms } from "../../losses/chunked-llava-kd.ts";
import { llavaKdTerms } from "../../losses/llava-kd-total.ts";
import { IGNORE_LABEL } from "../../losses/positions.ts";
import { type LlavaConfig, numImageTokens } from "../../models/llava/config.ts";
import { decoder, embedTokens, outputHead } from "../../models/llava/decoder.ts";
import { withFeatures } from "../../models/llava/generate-graphs.ts";
import { tokenAccuracy } from "../../models/llava/token-accuracy.ts";
import { imageTokens } from "../../models/llava/vision.ts";
import type { Objective } from "../llava-kd/objective.ts";

/** Which parts learn. */
export const trainables = {
  projector: /^projector\./,
  "projector-and-decoder": /^(projector|decoder)\./,
  all: /^(vision|projector|decoder)\./,
} as const satisfies Record<string, RegExp>;

export type Trainable = keyof typeof trainables;

export interface ConversationGraphOptions {
  config: LlavaConfig;
  batchSize: number;
  /** Slots of a row. */
  numTokens: number;
  /** Pictures that a row has room for; 0 for text alone. */
  imagesPerRow: number;
  trainable: Trainable;
  objective: Objective;
  /** Runs beside the student; needed by the objective llava-kd. */
  teacher: { config: LlavaConfig; weights: ReadonlyMap<string, Tensor> } | null;
  weights: ReadonlyMap<string, Tensor>;
  /** Rows of logits that exist at once. */
  chunkRows: number;
  seed: number;
}

export interface ConversationGraph {
  graph: Graph;
  loss: Value;
  /** Scalars to report. */
  metrics: Record<string, Value>;
}

/** Hidden states [B,T,D] and the head that is to be put on them piece by piece, or the logits [B,T,V] themselves. */
type States = HeadStates | { logits: Value };

/** What a model reads. */
interface Inputs {
  /** uint8 [B·R,H,W,3], or null without pictures. */
  pixels: Value | null;
  /** int64 [B,T] each. */
  tokens: Value;
  features: Value;
  segments: Value;
  positions: Value;
}

/**
 * One step on conversations with their pictures anywhere. Inputs: `pixels` uint8 [B·R,H,W,3] (R pictures a row, the last ones
 * empty); int64 [B,T]: `tokens`, `features` (row of the batch's image tokens that stands at a slot, -1 for text), `segments`
 * (1, 2, ... by conversation, 0 is padding), `positions`, `labels` (the token that a slot predicts, where it is learnt).
 */
export function conversationGraph(options: ConversationGraphOptions): ConversationGraph {
  const { config, batchSize, numTokens, imagesPerRow, trainable, objective, weights, seed, chunkRows } = options;
  const g = graph("conversations");
  const slots = { dtype: "int64", shape: [batchSize, numTokens] } as const;
  const { imageSizePx } = config;
  const inputs: Inputs = {
    pixels:
      imagesPerRow === 0
        ? null
        : g.input("pixels", { dtype: "uint8", shape: [batchSize * imagesPerRow, imageSizePx, imageSizePx, 3] }),
    tokens: g.input("tokens", slots),
    features: g.input("features", slots),
    segments: g.input("segments", slots),
    positions: g.input("positions", slots),
  };
  const labels = g.input("labels", slots);
  const scope = nn.scope(g, { seed, weights, trainable: trainables[trainable] });
  const student = statesOf(scope, inputs, config);
  if (objective.kind === "cross-entropy") {
    const { loss, accuracy } = answers(student, labels, { chunkRows, labelSmoothing: objective.labelSmoothing });
    return { graph: g, loss, metrics: { tokenAccuracy: accuracy } };
  }
  const { kind: _, relation, ...rest } = objective;
  const teacher = teacherStates(g, inputs, options.teacher!);
  const kinds = {
    labels,
    visualMask: op.greaterOrEqual(inputs.features, 0),
    promptMask: promptMask(inputs, labels),
  };
  const params = { ...rest, relation: { normalize: relation.normalize }, labelPosition: "prediction" as const };
  const { loss, ...terms } =
    "logits" in student
      ? llavaKdTerms({ student, teacher: { logits: logitsOf(teacher) }, ...kinds }, params)
      : chunkedLlavaKdTerms({ student, teacher, ...kinds, chunkRows }, params);
  return { graph: g, loss, metrics: terms };
}

function statesOf(
  scope: nn.Scope,
  { pixels, tokens, features, segments, positions }: Inputs,
  config: LlavaConfig,
): States {
  const text = scope.at("decoder");
  const embedded = embedTokens(text, tokens, config);
  const x = pixels === null ? embedded : withFeatures(embedded, imageRows(scope, pixels, config), features);
  // One conversation a row is all that an imported decoder can be shown.
  const keyMask = config.decoder.graph ? op.greater(segments, 0) : undefined;
  const { hidden } = decoder(
    text,
    { x, positions, mask: ownConversation(segments), ...(keyMask && { keyMask }) },
    config,
  );
  return config.decoder.graph ? { logits: hidden } : { hidden, ...outputHead(text, config) };
}

/** Image tokens of all pictures, one a row: [B·R·I, D]. */
function imageRows(scope: nn.Scope, pixels: Value, config: LlavaConfig): Value {
  return op.reshape(imageTokens(scope, pixels, config), [
    pixels.shape[0]! * numImageTokens(config),
    config.decoder.dim,
  ]);
}

function teacherStates(
  g: Graph,
  inputs: Inputs,
  { config, weights }: NonNullable<ConversationGraphOptions["teacher"]>,
): States {
  const named = new Map([...weights].map(([name, tensor]) => [`teacher.${name}`, tensor]));
  return statesOf(nn.scope(g, { prefix: "teacher.", weights: named, trainable: false }), inputs, config);
}

/** bool [B,1,T,T]: earlier slots of the same conversation. */
function ownConversation(segments: Value): Value {
  const [batch, length] = segments.shape as [number, number];
  const same = op.equal(op.reshape(segments, [batch, 1, length, 1]), op.reshape(segments, [batch, 1, 1, length]));
  const causal = Uint8Array.from({ length: length * length }, (_, index) =>
    index % length <= Math.floor(index / length) ? 1 : 0,
  );
  return op.and(same, segments.graph.constant({ dtype: "bool", shape: [1, 1, length, length], data: causal }));
}

/** bool [B,T]: slots of text that predict no part of an answer. */
function promptMask({ features, segments }: Inputs, labels: Value): Value {
  const isText = op.and(op.less(features, 0), op.greater(segments, 0));
  return op.and(isText, op.equal(labels, IGNORE_LABEL));
}

function logitsOf(states: States): Value {
  if ("logits" in states) return states.logits;
  const { hidden, head, headLayout } = states;
  const [batch, length, width] = hidden.shape as [number, number, number];
  const logits = op.gemm(op.reshape(hidden, [batch * length, width]), head, { transB: headLayout === "out-in" });
  return op.reshape(logits, [batch, length, logits.shape[1]!]);
}

/** Mean cross-entropy over the labelled slots, and the share of them whose most probable prediction is right. */
function answers(
  states: States,
  labels: Value,
  { chunkRows, labelSmoothing }: { chunkRows: number; labelSmoothing: number },
): { loss: Value; accuracy: Value } {
  if ("logits" in states) {
    const [batch, length, width] = states.logits.shape as [number, number, number];
    const [logits, flat] = [op.reshape(states.logits, [batch * length, width]), op.reshape(labels, [batch * length])];
    const loss = nn.crossEntropy(logits, flat, { ignoreIndex: IGNORE_LABEL, labelSmoothing });
    return { loss, accuracy: tokenAccuracy(logits, flat) };
  }
  const { hidden, ...head } = states;
  const [batch, length, width] = hidden.shape as [number, number, number];
  const targets = op.reshape(labels, [batch * length]);
  const kept = op.cast(op.not(op.equal(targets, IGNORE_LABEL)), "float32");
  const count = op.max(op.reduceSum(kept, { keepdims: false }), 1);
  const { loss, reports } = chunkedHead({
    ...head,
    hidden: op.reshape(hidden, [batch * length, width]),
    rows: { targets: op.where(op.cast(kept, "bool"), targets, 0), weights: op.div(kept, count) },
    shared: {},
    chunkRows,
    share: ({ logits, rows }) => {
      const each = nn.crossEntropy(logits, rows.targets!, { ignoreIndex: null, labelSmoothing, reduction: "none" });
      const right = op.cast(op.equal(op.argMax(logits, { axis: 1, keepdims: false }), rows.targets!), "float32");
      const sum = (value: Value) => op.reduceSum(op.mul(value, rows.weights!), { keepdims: false });
      return { loss: sum(each), reports: [sum(right)] };
    },
  });
  return { loss, accuracy: reports[0]! };
}
