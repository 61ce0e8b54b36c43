import { nn, op, type Value } from "@retort/engine";
import { z } from "zod";

const size = z.int().positive();

/** Sizes of a text tower in CLIP's layout. */
export const textTowerConfig = z
  .strictObject({
    vocabularySize: size.describe("Tokens of the tokenizer, special ones included"),
    numPositions: size.describe("Rows of the position table: the longest text, start and end included"),
    dim: size.describe("Width of the transformer"),
    layers: size.describe("Transformer blocks"),
    heads: size.describe("Attention heads"),
    hidden: size.describe("Width of the feed-forward layers"),
    activation: z.enum(["quick_gelu", "gelu"]).describe("OpenAI's weights: quick_gelu, OpenCLIP's: gelu"),
    embedDim: size.describe("Width of the joint space of images and texts"),
  })
  .refine(({ dim, heads }) => dim % heads === 0, { path: ["heads"], message: "the heads do not divide the width" });

export type TextTowerConfig = z.infer<typeof textTowerConfig>;

const EPSILON = 1e-5;

/** Rows of the token table: `tokens` int64 [N,T] -> [N,T,dim], without positions. */
export function embedTokens(p: nn.Scope, tokens: Value, config: TextTowerConfig): Value {
  const { vocabularySize: count, dim } = config;
  return nn.inScope(p, () => nn.embedding(p.at("token_embedding"), tokens, { count, dim }));
}

export interface TextTowerInput {
  /** Token embeddings [N,T,dim]. */
  x: Value;
  /** int64 [N]: where the end token stands, whose row is the text's embedding. */
  end: Value;
  /** Learnt tokens [N,n,dim] by the block in front of which they replace the rows of x from `at` on. Source: VPT-deep. */
  deep?: { at: number; tokens: ReadonlyMap<number, Value> };
}

/**
 * Text embeddings [N, embedDim], not normalised: causal transformer, the row at the end token through norm and projection.
 * Source: Radford et al. 2021.
 */
export function textTower(p: nn.Scope, { x, end, deep }: TextTowerInput, config: TextTowerConfig): Value {
  const { numPositions, dim, layers, heads, hidden, activation, embedDim } = config;
  const length = x.shape[1]!;
  return nn.inScope(p, () => {
    const table = p.parameter("position_embedding", [numPositions, dim], nn.init.normal(0.01));
    let y = op.add(x, op.slice(table, { axes: [0], starts: [0], ends: [length] }));
    for (let block = 0; block < layers; block++) {
      const tokens = deep?.tokens.get(block);
      if (deep && tokens) y = replaceRows(y, tokens, deep.at);
      y = nn.block.preln(p.at(`blocks.${block}`), y, { heads, hidden, activation, causal: true, epsilon: EPSILON });
    }
    const normed = nn.layerNorm(p.at("ln_final"), y, { epsilon: EPSILON });
    const rows = op.gatherND(normed, op.unsqueeze(end, [1]), { batch_dims: 1 });
    return nn.linear(p.at("projection"), rows, { out: embedDim, bias: false, init: nn.init.normal(dim ** -0.5) });
  });
}

/** Rows at..at + n of y [N,T,dim] replaced by [N,n,dim]. */
function replaceRows(y: Value, rows: Value, at: number): Value {
  const part = (from: number, to: number) => op.slice(y, { axes: [1], starts: [from], ends: [to] });
  const front = at > 0 ? [part(0, at)] : [];
  return op.concat([...front, rows, part(at + rows.shape[1]!, y.shape[1]!)], 1);
}
