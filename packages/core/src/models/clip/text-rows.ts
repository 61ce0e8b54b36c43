import type { Tokenizer } from "../../data/tokenizers/tokenizer.ts";

/**
 * Texts as rows of a text tower: `tokens` [N,T] row-major, start, text, end, then zeros; `end` [N]. A text that is too long is
 * cut and keeps its end, as CLIP's own tokenizer does with truncate.
 */
export function textRows(
  texts: readonly string[],
  tokenizer: Tokenizer,
  numPositions: number,
): { tokens: BigInt64Array<ArrayBuffer>; end: BigInt64Array<ArrayBuffer> } {
  const { startIds, eosId } = tokenizer;
  const tokens = new BigInt64Array(texts.length * numPositions);
  const end = BigInt64Array.from(texts, (text, row) => {
    const ids = [...startIds, ...tokenizer.encode(text)].slice(0, numPositions - 1);
    tokens.set([...ids, eosId].map(BigInt), row * numPositions);
    return BigInt(ids.length);
  });
  return { tokens, end };
}
