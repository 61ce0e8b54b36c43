import { canonicalJson } from "../../base/canonical-json.ts";

/** What models and data ask of a tokenizer, whatever made it. */
export interface Tokenizer {
  /** Number of ids, the special ones included. A model's vocabulary may be larger, never smaller. */
  readonly vocabularySize: number;
  readonly padId: number;
  /** Ends an answer. */
  readonly eosId: number;
  /** Ids that every sequence begins with; often none. */
  readonly startIds: readonly number[];
  /** The tokenizer's own chat template (Jinja), or null. */
  readonly chatTemplate: string | null;
  /** Ids of a text without start or end; special tokens that are written out in it become theirs where the tokenizer knows any. */
  encode(text: string): number[];
  /** @throws DataError for an id outside the vocabulary */
  decode(ids: Iterable<number | bigint>): string;
  /**
   * What decides which ids a text becomes and which one ends an answer, as canonicalJson() takes it. How a conversation is
   * framed, how ids are printed and what else a file tells is left out.
   */
  encoding(): unknown;
  /** All that fromJSON of the same type needs; `type` says which. */
  toJSON(): TokenizerJson;
}

export interface TokenizerJson {
  type: string;
  version: number;
}

/** Whether both make the same ids of every text, so that one model can teach the other token by token. */
export function encodeAlike(a: Tokenizer, b: Tokenizer): boolean {
  return canonicalJson(a.encoding()) === canonicalJson(b.encoding());
}
