import { type DType, type Graph, graph, nn, op, type Tensor, type Value } from "@retort/engine";
import { type LlavaConfig, mergedWidth, numImageTokens } from "../../models/llava/config.ts";
import { embedTokens, languageHead } from "../../models/llava/decoder.ts";
import { type PackedText, packedDecoder, packedText } from "../../models/llava/packed-decoder.ts";
import { tokenAccuracy } from "../../models/llava/token-accuracy.ts";
import { projector } from "../../models/llava/vision.ts";
import { answerLoss, distilledLoss, type Objective, type States } from "./objective.ts";

/** What a stage may change; the vision encoder never: the method keeps it frozen. */
export const trainables = {
  projector: /^projector\./,
  "projector-and-decoder": /^(projector|decoder)\./,
  decoder: /^decoder\./,
} as const satisfies Record<string, RegExp>;

export type Trainable = keyof typeof trainables;

/** What stands in the place of the picture: features of the frozen encoder, or the words of a caption. */
export type ImageSlot = "features" | "caption";

export type TeacherSource =
  /**
   * Its outputs come with the batch, as bits of this type; hidden states of this width where they are needed. With `topK`
   * they are log-probabilities, the rest spread evenly: right for every divergence, not for the relation of logits.
   */
  | { kind: "cached"; dtype: Extract<DType, "float16" | "float32">; hiddenWidth: number; topK: number | null }
  /** It runs beside the student. */
  | { kind: "online"; config: LlavaConfig; weights: ReadonlyMap<string, Tensor> };

export interface TrainGraphOptions {
  config: LlavaConfig;
  batchSize: number;
  numTextTokens: number;
  slot: ImageSlot;
  trainable: Trainable;
  objective: Objective;
  /** Needed by the objective llava-kd. */
  teacher: TeacherSource | null;
  /** Weights by name to start from; the others are drawn from the seed. */
  weights: ReadonlyMap<string, Tensor>;
  seed: number;
}

export interface VlmTrainGraph {
  graph: Graph;
  loss: Value;
  /** Scalars to report: the terms of the loss and the share of right answer tokens. */
  metrics: Record<string, Value>;
}

/**
 * One step of any stage (PT, DPT, SFT, DFT, and pre-training of the language model) on batches of packed questions. Inputs:
 * `tokens`, `segments`, `positions`, `labels` int64 [B,T]; `features` float16 [B,I,C] or `caption` int64 [B,I]; and, for a
 * teacher, `promptMask` bool [B,T] where instructions are distilled, `teacherLogits` [B,I+T,V] and `teacherHidden` [B,I,D]
 * where it is cached.
 */
export function trainGraph(options: TrainGraphOptions): VlmTrainGraph {
  const { config, batchSize, numTextTokens, slot, trainable, objective, weights, seed } = options;
  const g = graph("llava-train");
  const scope = nn.scope(g, { prefix: "", seed, weights, trainable: trainables[trainable] });
  const text = packedText(g, batchSize, numTextTokens);
  const labels = g.input("labels", { dtype: "int64", shape: [batchSize, numTextTokens] });
  const numImage = numImageTokens(config);
  const shape = [batchSize, numImage, mergedWidth(config)];
  const features = slot === "features" ? op.cast(g.input("features", { dtype: "float16", shape }), "float32") : null;
  const image =
    features !== null
      ? projector(scope.at("projector"), features, config)
      : embedTokens(scope.at("decoder"), g.input("caption", { dtype: "int64", shape: [batchSize, numImage] }), config);
  const hidden = packedDecoder(scope.at("decoder"), { image, text }, config);
  const textRows = batchSize * numTextTokens;
  const flatLabels = op.reshape(labels, [textRows]);

  if (objective.kind === "cross-entropy") {
    const answers = op.slice(hidden, { axes: [1], starts: [numImage], ends: [numImage + numTextTokens] });
    const rows = op.reshape(answers, [textRows, config.decoder.dim]);
    const logits = languageHead(scope.at("decoder"), rows, config);
    const loss = answerLoss(logits, flatLabels, objective.labelSmoothing);
    return { graph: g, loss, metrics: { tokenAccuracy: tokenAccuracy(logits, flatLabels) } };
  }
  const student = statesOf(scope, hidden, config);
  const teacher = teacherStates(g, { ...options, features: features!, text });
  const promptMask =
    objective.weights.prompt > 0
      ? g.input("promptMask", { dtype: "bool", shape: [batchSize, numTextTokens] })
      : undefined;
  const batch = { student, teacher, labels, promptMask, numImageTokens: numImage };
  const { loss, terms } = distilledLoss(batch, objective);
  // With weight 0 the relation is a number to look at: none is shown where logits are not at hand.
  if (options.teacher?.kind === "cached" && options.teacher.topK !== null && objective.relation.of === "logits")
    delete terms.relation;
  const answers = op.slice(student.logits, { axes: [1], starts: [numImage], ends: [numImage + numTextTokens] });
  const accuracy = tokenAccuracy(op.reshape(answers, [textRows, config.vocabularySize]), flatLabels);
  return { graph: g, loss, metrics: { tokenAccuracy: accuracy, ...terms } };
}

function statesOf(scope: nn.Scope, hidden: Value, config: LlavaConfig): Required<States> {
  const [batch, length, width] = hidden.shape as [number, number, number];
  const rows = languageHead(scope.at("decoder"), op.reshape(hidden, [batch * length, width]), config);
  return {
    logits: op.reshape(rows, [batch, length, config.vocabularySize]),
    visualHidden: op.slice(hidden, { axes: [1], starts: [0], ends: [numImageTokens(config)] }),
  };
}

interface TeacherInput extends TrainGraphOptions {
  features: Value;
  text: PackedText;
}

function teacherStates(
  g: Graph,
  { teacher, config, batchSize, numTextTokens, objective, features, text }: TeacherInput,
): States {
  if (teacher?.kind === "online") return frozenStates(g, { ...teacher, features, text });
  const { dtype, hiddenWidth } = teacher!;
  const numImage = numImageTokens(config);
  const shape = [batchSize, numImage + numTextTokens, config.vocabularySize];
  const logits = op.cast(g.input("teacherLogits", { dtype, shape }), "float32");
  if (objective.kind !== "llava-kd" || objective.relation.of === "logits") return { logits };
  const hidden = g.input("teacherHidden", { dtype, shape: [batchSize, numImage, hiddenWidth] });
  return { logits, visualHidden: op.cast(hidden, "float32") };
}

export interface FrozenInput {
  config: LlavaConfig;
  weights: ReadonlyMap<string, Tensor>;
  /** [B,I,C] */
  features: Value;
  text: PackedText;
}

/** A model's logits and hidden states from weights that nothing changes. */
export function frozenStates(g: Graph, { config, weights, features, text }: FrozenInput): Required<States> {
  const prefix = "teacher.";
  const named = new Map([...weights].map(([name, tensor]) => [`${prefix}${name}`, tensor]));
  const scope = nn.scope(g, { prefix, weights: named, trainable: false });
  const image = projector(scope.at("projector"), features, config);
  return statesOf(scope, packedDecoder(scope.at("decoder"), { image, text }, config), config);
}
