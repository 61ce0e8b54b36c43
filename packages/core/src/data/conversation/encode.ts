import type { Tokenizer } from "../tokenizers/tokenizer.ts";
import type { Segment } from "./conversation.ts";

/** A conversation as slots of a decoder. */
export interface EncodedConversation {
  /** Token of each slot; the padding token where a picture stands. */
  tokens: number[];
  /** Row of the conversation's image tokens at each slot, -1 for text. */
  features: number[];
  /** Is the token at a slot part of an answer? */
  learnt: boolean[];
  numImages: number;
}

/** The tokenizer's start, then every segment; a picture takes `numImageTokens` slots. */
export function encodeSegments(
  segments: readonly Segment[],
  { tokenizer, numImageTokens }: { tokenizer: Tokenizer; numImageTokens: number },
): EncodedConversation {
  const encoded: EncodedConversation = { tokens: [], features: [], learnt: [], numImages: 0 };
  const write = (ids: readonly number[], learnt: boolean) => {
    for (const id of ids) {
      encoded.tokens.push(id);
      encoded.features.push(-1);
      encoded.learnt.push(learnt);
    }
  };
  write(tokenizer.startIds, false);
  for (const segment of segments) {
    if (segment.kind === "text") write(tokenizer.encode(segment.text), segment.learnt);
    else if (segment.kind === "end") write([tokenizer.eosId], true);
    else {
      for (let i = 0; i < numImageTokens; i++) {
        encoded.tokens.push(tokenizer.padId);
        encoded.features.push(encoded.numImages * numImageTokens + i);
        encoded.learnt.push(false);
      }
      encoded.numImages++;
    }
  }
  return encoded;
}
