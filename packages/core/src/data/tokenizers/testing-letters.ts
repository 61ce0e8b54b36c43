import { HubTokenizer } from "./hub.ts";

/** A hub's tokenizer of single ASCII letters, without a merge; `config` is added to its tokenizer_config.json. */
export function letterTokenizer(letters: string, config: Record<string, unknown> = {}): HubTokenizer {
  // Byte-level vocabularies write a space as \u0120.
  const pieces = [...new Set(letters)].map((letter) => (letter === " " ? "\u0120" : letter));
  const added = ["<|end|>", "<|stop|>"].map((content, at) => ({ id: pieces.length + at, content, special: true }));
  return new HubTokenizer({
    tokenizer: {
      version: "1.0",
      added_tokens: added,
      normalizer: null,
      pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: true },
      post_processor: null,
      decoder: { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: true },
      model: { type: "BPE", vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])), merges: [] },
    },
    config: { tokenizer_class: "Qwen2Tokenizer", eos_token: "<|end|>", ...config },
  });
}
