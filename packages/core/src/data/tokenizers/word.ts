import { z } from "zod";
import { DataError } from "../../base/errors.ts";
import { badTokenId } from "./token-ids.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** Ids of the tokens that stand for no word. */
export const SPECIAL_TOKENS = { "<pad>": 0, "<bos>": 1, "<eos>": 2, "<unk>": 3, "<image>": 4 } as const;

const SPECIAL_NAMES = Object.keys(SPECIAL_TOKENS);
const NUM_SPECIAL = SPECIAL_NAMES.length;

const wordTokenizerJson = z.strictObject({
  type: z.literal("word"),
  version: z.literal(1),
  words: z.array(z.string().min(1)),
});

export type WordTokenizerJson = z.infer<typeof wordTokenizerJson>;

/**
 * A tokenizer of whole words and single punctuation marks, lower-cased, over a vocabulary taken from texts.
 * Ids 0..4 are special; words follow in code point order, so that the same texts in any order give the same ids.
 */
export class WordTokenizer implements Tokenizer {
  readonly padId = SPECIAL_TOKENS["<pad>"];
  readonly bosId = SPECIAL_TOKENS["<bos>"];
  readonly eosId = SPECIAL_TOKENS["<eos>"];
  readonly unkId = SPECIAL_TOKENS["<unk>"];
  readonly imageId = SPECIAL_TOKENS["<image>"];
  readonly startIds: readonly number[] = [];
  readonly chatTemplate = null;
  readonly #words: readonly string[];
  readonly #ids: ReadonlyMap<string, number>;

  private constructor(words: readonly string[]) {
    this.#words = words;
    this.#ids = new Map(words.map((word, index) => [word, NUM_SPECIAL + index]));
  }

  static fromTexts(texts: Iterable<string>): WordTokenizer {
    const words = new Set<string>();
    for (const text of texts) for (const word of wordsOf(text)) words.add(word);
    return new WordTokenizer([...words].sort((a, b) => (a < b ? -1 : 1)));
  }

  /** @throws DataError when the value is not what toJSON() gave. */
  static fromJSON(value: unknown): WordTokenizer {
    const parsed = wordTokenizerJson.safeParse(value);
    if (parsed.success && new Set(parsed.data.words).size === parsed.data.words.length) {
      return new WordTokenizer(parsed.data.words);
    }
    throw new DataError({
      code: "DATA_BAD_TOKENIZER",
      message: "This is not a word tokenizer",
      expected: '{"type": "word", "version": 1, "words": [different words]}',
      got: parsed.success ? "a word that is listed twice" : z.prettifyError(parsed.error),
    });
  }

  /** Number of ids, the special ones included. */
  get vocabularySize(): number {
    return NUM_SPECIAL + this.#words.length;
  }

  /** Ids of the words; unknown ones become <unk>. No <bos> or <eos> is added. */
  encode(text: string): number[] {
    return wordsOf(text).map((word) => this.#ids.get(word) ?? this.unkId);
  }

  /** Words joined by spaces, none before closing punctuation; special tokens but <unk> are left out. */
  decode(ids: Iterable<number | bigint>): string {
    let text = "";
    for (const id of ids) {
      const word = this.#wordAt(Number(id));
      if (word === null) continue;
      text += text === "" || /^[.,;:!?%)\]}]$/.test(word) ? word : ` ${word}`;
    }
    return text;
  }

  encoding(): unknown {
    return this.toJSON();
  }

  toJSON(): WordTokenizerJson {
    return { type: "word", version: 1, words: [...this.#words] };
  }

  #wordAt(id: number): string | null {
    if (id === this.unkId) return "<unk>";
    if (id >= 0 && id < NUM_SPECIAL) return null;
    const word = this.#words[id - NUM_SPECIAL];
    if (word !== undefined) return word;
    throw badTokenId(id, this.vocabularySize);
  }
}

/** Runs of letters, digits and apostrophes, and every other visible character by itself. */
function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}\p{M}']+|[^\s\p{L}\p{N}\p{M}']/gu) ?? [];
}
