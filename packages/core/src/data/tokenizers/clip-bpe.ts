import { Tokenizer as Library } from "@huggingface/tokenizers";
import { z } from "zod";
import { DataError } from "../../base/errors.ts";
import { cleanClipText } from "./clip-text.ts";
import { tokenIds } from "./token-ids.ts";
import type { Tokenizer, TokenizerJson } from "./tokenizer.ts";

const START = "<|startoftext|>";
const END = "<|endoftext|>";
/** Merges that CLIP uses of its file; the rest would give a larger vocabulary than its weights have. */
export const NUM_MERGES = 49_152 - 256 - 2;

const json = z.strictObject({ type: z.literal("clip-bpe"), version: z.literal(1), merges: z.array(z.string()) });

/** CLIP's byte-pair tokenizer: 49,408 ids. Source: openai/CLIP, simple_tokenizer.py; the pairs are joined by Hugging Face's library. */
export class ClipBpeTokenizer implements Tokenizer {
  readonly vocabularySize: number;
  readonly padId = 0;
  readonly eosId: number;
  readonly startIds: readonly number[];
  readonly chatTemplate = null;
  readonly #merges: readonly string[];
  readonly #library: Library;

  /** @param merges "a b", most frequent first */
  constructor(merges: readonly string[]) {
    this.#merges = merges;
    const bytes = byteCharacters();
    const tokens = [
      ...bytes,
      ...bytes.map((character) => `${character}</w>`),
      ...merges.map((merge) => merge.replace(" ", "")),
      START,
      END,
    ];
    this.vocabularySize = tokens.length;
    this.startIds = [tokens.length - 2];
    this.eosId = tokens.length - 1;
    this.#library = new Library(
      {
        version: "1.0",
        added_tokens: [START, END].map((content, at) => ({
          id: tokens.length - 2 + at,
          content,
          single_word: false,
          lstrip: false,
          rstrip: false,
          normalized: false,
          special: true,
        })),
        normalizer: null,
        pre_tokenizer: {
          type: "Sequence",
          pretokenizers: [
            {
              type: "Split",
              pattern: { Regex: "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+" },
              behavior: "Removed",
              invert: true,
            },
            { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
          ],
        },
        post_processor: null,
        decoder: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true },
        model: {
          type: "BPE",
          dropout: null,
          unk_token: END,
          continuing_subword_prefix: "",
          end_of_word_suffix: "</w>",
          fuse_unk: false,
          vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
          merges: merges.map((merge) => merge.split(" ")),
        },
      },
      {},
    );
  }

  /** From the contents of bpe_simple_vocab_16e6.txt, a line of version in front. @throws DataError for another file. */
  static fromVocabulary(text: string, where: string): ClipBpeTokenizer {
    const merges = text.split("\n").slice(1, NUM_MERGES + 1);
    const wrong = merges.findIndex((merge) => !/^\S+ \S+$/.test(merge));
    if (merges.length === NUM_MERGES && wrong < 0) return new ClipBpeTokenizer(merges);
    throw new DataError({
      code: "DATA_BAD_TOKENIZER",
      message: "This is not CLIP's list of byte pairs",
      expected: `a line of version and ${NUM_MERGES} lines "a b" at least`,
      got: wrong < 0 ? `${merges.length} lines` : `line ${wrong + 2}: ${JSON.stringify(merges[wrong])}`,
      where,
    });
  }

  static fromJSON(value: unknown): ClipBpeTokenizer {
    return new ClipBpeTokenizer(json.parse(value).merges);
  }

  encode(text: string): number[] {
    const cleaned = cleanClipText(text);
    return cleaned === "" ? [] : this.#library.encode(cleaned, { add_special_tokens: false }).ids;
  }

  decode(ids: Iterable<number | bigint>): string {
    const numbers = tokenIds(ids, this.vocabularySize);
    const text = this.#library.decode(numbers, { skip_special_tokens: true, clean_up_tokenization_spaces: false });
    return text.replaceAll("</w>", " ").trim();
  }

  encoding(): unknown {
    return this.toJSON();
  }

  toJSON(): TokenizerJson & { merges: readonly string[] } {
    return { type: "clip-bpe", version: 1, merges: this.#merges };
  }
}

/** A printable character for each byte, in the order of CLIP's ids. Source: GPT-2, bytes_to_unicode. */
function byteCharacters(): string[] {
  const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);
  const printable = [...range(0x21, 0x7e), ...range(0xa1, 0xac), ...range(0xae, 0xff)];
  const others = range(0, 255).filter((byte) => !printable.includes(byte));
  return [
    ...printable.map((byte) => String.fromCharCode(byte)),
    ...others.map((_, at) => String.fromCharCode(256 + at)),
  ];
}
