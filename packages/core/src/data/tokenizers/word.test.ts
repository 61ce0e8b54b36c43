import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DataError } from "../../base/errors.ts";
import { SPECIAL_TOKENS, WordTokenizer } from "./word.ts";

const texts = ["What is the blue shape?", "a rectangle", "don't", "it's 2"];

describe("WordTokenizer", () => {
  it("gives words in code point order after the special tokens", () => {
    const tokenizer = WordTokenizer.fromTexts(["b a", "c b?"]);
    expect(tokenizer.encode("a b c ?")).toEqual([6, 7, 8, 5]);
    expect(tokenizer.vocabularySize).toBe(9);
    expect(SPECIAL_TOKENS).toEqual({ "<pad>": 0, "<bos>": 1, "<eos>": 2, "<unk>": 3, "<image>": 4 });
  });

  it("does not depend on the order of the texts", () => {
    expect(WordTokenizer.fromTexts([...texts].reverse()).toJSON()).toEqual(WordTokenizer.fromTexts(texts).toJSON());
  });

  it("decodes what it encoded, in lower case and without special tokens", () => {
    const tokenizer = WordTokenizer.fromTexts(texts);
    const ids = [tokenizer.bosId, ...tokenizer.encode("What is the blue shape?"), tokenizer.eosId, tokenizer.padId];
    expect(tokenizer.decode(ids)).toBe("what is the blue shape?");
    expect(tokenizer.decode(BigInt64Array.from(ids.map(BigInt)))).toBe("what is the blue shape?");
    expect(tokenizer.decode(tokenizer.encode("don't"))).toBe("don't");
  });

  it("marks unknown words", () => {
    const tokenizer = WordTokenizer.fromTexts(["a circle"]);
    expect(tokenizer.encode("a square")).toEqual([5, tokenizer.unkId]);
    expect(tokenizer.decode([5, tokenizer.unkId])).toBe("a <unk>");
  });

  it("survives JSON, and decoding is the inverse of encoding for every text of the vocabulary", () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), (samples) => {
        const tokenizer = WordTokenizer.fromTexts(samples);
        const revived = WordTokenizer.fromJSON(JSON.parse(JSON.stringify(tokenizer)));
        for (const sample of samples) {
          const ids = revived.encode(sample);
          expect(ids).toEqual(tokenizer.encode(sample));
          expect(ids).not.toContain(tokenizer.unkId);
          expect(revived.encode(revived.decode(ids))).toEqual(ids);
        }
      }),
    );
  });

  it("refuses ids and files that are not its own", () => {
    const tokenizer = WordTokenizer.fromTexts(["a"]);
    expect(() => tokenizer.decode([6])).toThrow(DataError);
    expect(() => tokenizer.decode([-1])).toThrow(DataError);
    expect(() => WordTokenizer.fromJSON({ type: "bpe" })).toThrow(DataError);
    expect(() => WordTokenizer.fromJSON({ type: "word", version: 1, words: ["a", "a"] })).toThrow(/twice/);
  });
});
