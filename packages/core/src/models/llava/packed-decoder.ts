import { type Graph, type nn, op, type Value } from "@retort/engine";
import { type LlavaConfig, numImageTokens } from "./config.ts";
import { decoder, embedTokens } from "./decoder.ts";

/** Questions of one picture, packed: each int64 [B,T]; segments are 1, 2, ... by question, 0 is padding. */
export interface PackedText {
  tokens: Value;
  segments: Value;
  positions: Value;
}

/** Declares the inputs `tokens`, `segments` and `positions`. */
export function packedText(g: Graph, batchSize: number, numTextTokens: number): PackedText {
  const type = { dtype: "int64", shape: [batchSize, numTextTokens] } as const;
  return {
    tokens: g.input("tokens", type),
    segments: g.input("segments", type),
    positions: g.input("positions", type),
  };
}

/**
 * Hidden states [B,I+T,D] of image tokens [B,I,D] and the questions packed behind them: a token sees the image tokens and the
 * earlier tokens of its own segment, so each question is read as if it stood alone behind the picture.
 */
export function packedDecoder(
  scope: nn.Scope,
  { image, text }: { image: Value; text: PackedText },
  config: LlavaConfig,
): Value {
  const { graph } = image;
  const numImage = numImageTokens(config);
  const imagePositions = graph.constant(positionRows(image.shape[0]!, numImage));
  const { hidden } = decoder(
    scope,
    {
      x: op.concat([image, embedTokens(scope, text.tokens, config)], 1),
      positions: op.concat([imagePositions, op.add(text.positions, numImage)], 1),
      mask: packedMask(graph, text.segments, numImage),
    },
    config,
  );
  return hidden;
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
