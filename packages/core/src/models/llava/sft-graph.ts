import { type Graph, graph, nn, op, type Value } from "@retort/engine";
import { type LlavaConfig, numImageTokens } from "./config.ts";
import { decoder, embedTokens, languageHead } from "./decoder.ts";
import { imageTokens } from "./vision.ts";

export interface SftGraphOptions {
  config: LlavaConfig;
  batchSize: number;
  /** Text tokens that follow the image tokens of one picture: all its questions, packed. */
  numTextTokens: number;
  /** Seed of the initial weights. */
  seed: number;
}

export interface SftGraph {
  graph: Graph;
  /** Mean cross-entropy over the tokens with a label. */
  loss: Value;
  /** Share of labelled tokens whose most probable prediction is right. */
  tokenAccuracy: Value;
}

/** Marks text positions that take no part in the loss. */
export const IGNORE_LABEL = -100;

/**
 * Supervised fine-tuning of image, question, answer. Inputs: `pixels` uint8 [B,H,W,3]; `tokens`, `segments`, `positions`
 * and `labels` int64 [B,T]. Questions of one picture are packed behind its image tokens: a token sees the image tokens and
 * the earlier tokens of its own segment (1, 2, ...; padding is 0), so each question is answered as if it stood alone.
 */
export function sftGraph({ config, batchSize, numTextTokens, seed }: SftGraphOptions): SftGraph {
  const g = graph("llava-sft");
  const scope = nn.scope(g, { prefix: "", seed });
  const text = { dtype: "int64", shape: [batchSize, numTextTokens] } as const;
  const { imageSizePx } = config;
  const pixels = g.input("pixels", { dtype: "uint8", shape: [batchSize, imageSizePx, imageSizePx, 3] });
  const [tokens, segments, positions, labels] = ["tokens", "segments", "positions", "labels"].map((name) =>
    g.input(name, text),
  ) as [Value, Value, Value, Value];

  const image = imageTokens(scope, pixels, config);
  const numImage = numImageTokens(config);
  const x = op.concat([image, embedTokens(scope.at("decoder"), tokens, config)], 1);
  const imagePositions = g.constant(positionRows(batchSize, numImage));
  const { hidden } = decoder(
    scope.at("decoder"),
    {
      x,
      positions: op.concat([imagePositions, op.add(positions, numImage)], 1),
      mask: packedMask(g, segments, numImage),
    },
    config,
  );
  const answers = op.slice(hidden, { axes: [1], starts: [numImage], ends: [numImage + numTextTokens] });
  const rows = batchSize * numTextTokens;
  const logits = languageHead(scope.at("decoder"), op.reshape(answers, [rows, config.decoder.dim]), config);
  const targets = op.reshape(labels, [rows]);
  return {
    graph: g,
    loss: nn.crossEntropy(logits, targets, { ignoreIndex: IGNORE_LABEL }),
    tokenAccuracy: accuracy(logits, targets),
  };
}

function positionRows(batchSize: number, length: number) {
  const data = BigInt64Array.from({ length: batchSize * length }, (_, index) => BigInt(index % length));
  return { dtype: "int64", shape: [batchSize, length], data } as const;
}

/** bool [B,1,I+T,I+T]: image tokens are segment -1 and seen by all behind them. */
function packedMask(g: Graph, segments: Value, numImage: number): Value {
  const [batch, numText] = segments.shape as [number, number];
  const total = numImage + numText;
  const imageSegments = g.constant({
    dtype: "int64",
    shape: [batch, numImage],
    data: new BigInt64Array(batch * numImage).fill(-1n),
  });
  const all = op.concat([imageSegments, segments], 1);
  const ofKey = op.reshape(all, [batch, 1, 1, total]);
  const sameSegment = op.equal(op.reshape(all, [batch, 1, total, 1]), ofKey);
  const isImage = op.equal(ofKey, -1);
  const causal = Uint8Array.from({ length: total * total }, (_, index) =>
    index % total <= Math.floor(index / total) ? 1 : 0,
  );
  return op.and(op.or(sameSegment, isImage), g.constant({ dtype: "bool", shape: [1, 1, total, total], data: causal }));
}

function accuracy(logits: Value, targets: Value): Value {
  const predicted = op.argMax(logits, { axis: 1, keepdims: false });
  const kept = op.cast(op.not(op.equal(targets, IGNORE_LABEL)), "float32");
  const right = op.cast(op.equal(predicted, targets), "float32");
  const count = op.max(op.reduceSum(kept, { keepdims: false }), 1);
  return op.div(op.reduceSum(op.mul(right, kept), { keepdims: false }), count);
}
