import { Tokenizer as Library } from "@huggingface/tokenizers";
import { z } from "zod";
import { DataError } from "../../base/errors.ts";
import { tokenIds } from "./token-ids.ts";
import type { Tokenizer, TokenizerJson } from "./tokenizer.ts";

const tokenText = z
  .union([z.string(), z.object({ content: z.string() }).transform(({ content }) => content)])
  .nullish();

/** What is read of tokenizer_config.json; the rest is the library's. */
const settings = z.looseObject({
  eos_token: tokenText,
  pad_token: tokenText,
  chat_template: z
    .union([z.string(), z.array(z.object({ name: z.string(), template: z.string() }))])
    .nullish()
    .transform((given) => (Array.isArray(given) ? given.find(({ name }) => name === "default")?.template : given)),
});

/** Members that say nothing: some versions of the format write them, others do not. */
function withoutDefaults(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(members).filter(
      ([, value]) => value !== undefined && value !== null && value !== false && value !== "",
    ),
  );
}

/** What is read of tokenizer.json to tell two of them apart, in one form whichever version wrote it. */
const encodingFields = z.looseObject({
  model: z
    // A pair of a merge is "a b" in older files and ["a", "b"] in newer ones.
    .looseObject({ merges: z.array(z.union([z.string(), z.array(z.string()).transform((pair) => pair.join(" "))])) })
    .partial()
    .transform(withoutDefaults),
  added_tokens: z
    .array(
      z.object({
        id: z.int(),
        content: z.string(),
        single_word: z.boolean().default(false),
        lstrip: z.boolean().default(false),
        rstrip: z.boolean().default(false),
        normalized: z.boolean().default(false),
      }),
    )
    .default([])
    .transform((tokens) => tokens.sort((a, b) => a.id - b.id)),
  normalizer: z.unknown().transform((value) => value ?? null),
  pre_tokenizer: z.unknown().transform((value) => value ?? null),
});

const json = z.strictObject({
  type: z.literal("hub"),
  version: z.literal(1),
  tokenizer: z.record(z.string(), z.unknown()),
  config: z.record(z.string(), z.unknown()),
});

export interface HubTokenizerFiles {
  /** Contents of tokenizer.json. */
  tokenizer: Record<string, unknown>;
  /** Contents of tokenizer_config.json. */
  config: Record<string, unknown>;
}

/** A tokenizer as model hubs store it: tokenizer.json and tokenizer_config.json, run by Hugging Face's library. */
export class HubTokenizer implements Tokenizer {
  readonly vocabularySize: number;
  readonly padId: number;
  readonly eosId: number;
  readonly startIds: readonly number[];
  readonly chatTemplate: string | null;
  readonly #library: Library;
  readonly #files: HubTokenizerFiles;

  /** @throws DataError when the files describe no tokenizer, or one that names no end of text */
  constructor(files: HubTokenizerFiles, where = "tokenizer.json") {
    this.#files = files;
    const config = settings.parse(files.config);
    this.#library = libraryOf(files, where);
    const ids = [...this.#library.get_vocab(true).values()];
    this.vocabularySize = ids.reduce((highest, id) => Math.max(highest, id), -1) + 1;
    this.eosId = this.#idOf(config.eos_token, "eos_token", where);
    this.padId = config.pad_token ? this.#idOf(config.pad_token, "pad_token", where) : this.eosId;
    this.chatTemplate = config.chat_template ?? null;
    this.startIds = startOf(this.#library);
  }

  static fromJSON(value: unknown): HubTokenizer {
    const { tokenizer, config } = json.parse(value);
    return new HubTokenizer({ tokenizer, config });
  }

  encode(text: string): number[] {
    return text === "" ? [] : this.#library.encode(text, { add_special_tokens: false }).ids;
  }

  decode(ids: Iterable<number | bigint>): string {
    const numbers = tokenIds(ids, this.vocabularySize);
    return numbers.length === 0 ? "" : this.#library.decode(numbers, { skip_special_tokens: true });
  }

  encoding(): unknown {
    const { tokenizer, config } = this.#files;
    const { model, added_tokens, normalizer, pre_tokenizer } = encodingFields.parse(tokenizer);
    const { remove_space, do_lowercase_and_remove_accent } = config;
    return {
      type: "hub",
      model,
      addedTokens: added_tokens,
      normalizer,
      preTokenizer: pre_tokenizer,
      // The library reads these two, before all else, from the other file.
      settings: withoutDefaults({ remove_space, do_lowercase_and_remove_accent }),
      startIds: this.startIds,
      eosId: this.eosId,
    };
  }

  toJSON(): TokenizerJson & HubTokenizerFiles {
    return { type: "hub", version: 1, ...this.#files };
  }

  #idOf(token: string | null | undefined, name: string, where: string): number {
    const id = token ? this.#library.token_to_id(token) : undefined;
    if (id !== undefined) return id;
    throw new DataError({
      code: "DATA_BAD_TOKENIZER",
      message: `The tokenizer has no ${name}`,
      expected: "a token of its vocabulary, named by tokenizer_config.json",
      got: token ? JSON.stringify(token) : "none",
      where,
    });
  }
}

function libraryOf({ tokenizer, config }: HubTokenizerFiles, where: string): Library {
  try {
    return new Library(tokenizer, config);
  } catch (cause) {
    throw new DataError({
      code: "DATA_BAD_TOKENIZER",
      message: "This tokenizer cannot be used",
      expected: "tokenizer.json and tokenizer_config.json as model hubs store them",
      got: cause instanceof Error ? cause.message : String(cause),
      where,
      cause,
    });
  }
}

/** What the tokenizer's post-processor puts before a text. */
function startOf(library: Library): number[] {
  const plain = library.encode("a", { add_special_tokens: false }).ids;
  const whole = library.encode("a").ids;
  const at = whole.findIndex((_, index) => plain.every((id, i) => whole[index + i] === id));
  return whole.slice(0, Math.max(at, 0));
}
