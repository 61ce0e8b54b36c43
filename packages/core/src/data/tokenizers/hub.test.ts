import { describe, expect, it } from "vitest";
import { HubTokenizer } from "./hub.ts";
import { tokenizerFromJSON } from "./index.ts";
import { encodeAlike } from "./tokenizer.ts";
import { WordTokenizer } from "./word.ts";

/** Byte-level byte pairs, as Qwen2's tokenizer.json. */
const letters = [..."abcdehilorw!"];
const vocab = Object.fromEntries([...letters, "Ġ", "he", "ll", "hell", "hello", "Ġw"].map((piece, id) => [piece, id]));
const files = {
  tokenizer: {
    version: "1.0",
    added_tokens: ["<|endoftext|>", "<|im_start|>", "<|im_end|>"].map((content, i) => ({
      id: Object.keys(vocab).length + i,
      content,
      special: true,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
    })),
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: true },
    post_processor: null,
    decoder: { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: true },
    model: { type: "BPE", vocab, merges: ["h e", "l l", "he ll", "hell o", "Ġ w"] },
  },
  config: {
    tokenizer_class: "Qwen2Tokenizer",
    eos_token: "<|im_end|>",
    pad_token: { content: "<|endoftext|>" },
    chat_template: "{% for m in messages %}{{ m.content }}{% endfor %}",
  },
};

describe("HubTokenizer", () => {
  const tokenizer = new HubTokenizer(files);

  it("encodes by the file's own rules, special tokens that are written out included", () => {
    expect(tokenizer.encode("hello world!")).toEqual([16, 17, 8, 9, 7, 3, 11]);
    expect(tokenizer.encode("<|im_start|>hello<|im_end|>")).toEqual([19, 16, 20]);
    expect(tokenizer.encode("")).toEqual([]);
    expect(tokenizer.decode([19, 16, 17, 8, 9, 7, 3, 11, 20])).toBe("hello world!");
  });

  it("knows its special tokens", () => {
    expect(tokenizer).toMatchObject({ vocabularySize: 21, eosId: 20, padId: 18, startIds: [] });
    expect(tokenizer.chatTemplate).toContain("messages");
  });

  it("puts before a text what its post-processor does", () => {
    const special_tokens = { "<|endoftext|>": { id: "<|endoftext|>", ids: [18], tokens: ["<|endoftext|>"] } };
    const single = [{ SpecialToken: { id: "<|endoftext|>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }];
    const post_processor = { type: "TemplateProcessing", single, pair: single, special_tokens };
    expect(new HubTokenizer({ ...files, tokenizer: { ...files.tokenizer, post_processor } }).startIds).toEqual([18]);
  });

  it("comes back from JSON", () => {
    const read = tokenizerFromJSON(JSON.parse(JSON.stringify(tokenizer)));
    expect(read.encode("hello")).toEqual([16]);
    expect(read.toJSON()).toEqual(tokenizer.toJSON());
  });

  it("encodes as another does that differs in its template, its decoder and the version that wrote it", () => {
    const { model, ...rest } = files.tokenizer;
    const merges = model.merges.map((merge) => merge.split(" "));
    const other = new HubTokenizer({
      tokenizer: { ...rest, decoder: null, model: { ...model, merges, ignore_merges: false, unk_token: null } },
      config: { ...files.config, chat_template: "{{ messages }}", model_max_length: 32_768, pad_token: "<|im_end|>" },
    });
    expect(encodeAlike(tokenizer, other)).toBe(true);
    expect(encodeAlike(tokenizer, WordTokenizer.fromTexts(["hello"]))).toBe(false);
  });

  const { tokenizer: own, config } = files;
  const [end, start, stop] = own.added_tokens;
  it.each([
    ["merges", { model: { ...own.model, merges: [...own.model.merges].reverse() } }, {}],
    ["tokens", { model: { ...own.model, vocab: { ...vocab, hello: vocab.hell, hell: vocab.hello } } }, {}],
    ["added tokens", { added_tokens: [end, { ...start, id: 20 }, { ...stop, id: 19 }] }, {}],
    ["rules that split a text", { pre_tokenizer: { ...own.pre_tokenizer, add_prefix_space: true } }, {}],
    ["normalisation", { normalizer: { type: "Lowercase" } }, {}],
    ["end of an answer", {}, { eos_token: "<|endoftext|>" }],
  ])("does not encode as another with other %s does", (_, changed, setting) => {
    const other = new HubTokenizer({ tokenizer: { ...own, ...changed }, config: { ...config, ...setting } });
    expect(encodeAlike(tokenizer, other)).toBe(false);
  });

  it("refuses ids outside, files of another form, and a tokenizer without an end", () => {
    const code = (expected: string) => expect.objectContaining({ code: expected });
    expect(() => tokenizer.decode([21])).toThrow(code("DATA_BAD_TOKEN_ID"));
    expect(() => new HubTokenizer({ tokenizer: { model: {} }, config: {} })).toThrow(code("DATA_BAD_TOKENIZER"));
    expect(() => new HubTokenizer({ ...files, config: {} })).toThrow(/no eos_token/);
  });
});
