import { DataError } from "../../base/errors.ts";
import { ClipBpeTokenizer } from "./clip-bpe.ts";
import { HubTokenizer } from "./hub.ts";
import { Llama2cTokenizer } from "./llama2c.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { WordTokenizer } from "./word.ts";

/** The kinds, by the type that their JSON names. To add one: a file with a class, a line here. */
const tokenizers = {
  word: WordTokenizer,
  hub: HubTokenizer,
  "clip-bpe": ClipBpeTokenizer,
  llama2c: Llama2cTokenizer,
} satisfies Record<string, { fromJSON(value: unknown): Tokenizer }>;

/** @throws DataError when the value is not what some tokenizer's toJSON() gave. */
export function tokenizerFromJSON(value: unknown): Tokenizer {
  const type = typeof value === "object" && value !== null && "type" in value ? String(value.type) : "";
  if (Object.hasOwn(tokenizers, type)) return tokenizers[type as keyof typeof tokenizers].fromJSON(value);
  throw new DataError({
    code: "DATA_BAD_TOKENIZER",
    message: "This is no tokenizer",
    expected: `an object with type ${Object.keys(tokenizers).join(", ")}`,
    got: type === "" ? typeof value : `type "${type}"`,
  });
}
