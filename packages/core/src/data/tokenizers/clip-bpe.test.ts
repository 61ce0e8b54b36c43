import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { hasShared, sharedPath } from "../../../../../scripts/shared.mjs";
import { ClipBpeTokenizer } from "./clip-bpe.ts";
import { cleanClipText } from "./clip-text.ts";
import { tokenizerFromJSON } from "./index.ts";

interface Case {
  text: string;
  cleaned: string;
  ids: number[];
  length: number;
  truncated: boolean;
}

describe("a small vocabulary", () => {
  const tokenizer = new ClipBpeTokenizer(["t h", "th e</w>", "c a", "ca t</w>"]);

  it("joins the pairs in their order and ends words", () => {
    expect(tokenizer.vocabularySize).toBe(512 + 4 + 2);
    expect(tokenizer.encode("The  CAT")).toEqual([513, 515]);
    expect(tokenizer.startIds).toEqual([516]);
    expect(tokenizer.eosId).toBe(517);
    expect(tokenizer.decode([516, 513, 515, 517])).toBe("the cat");
  });

  it("comes back from its JSON", () => {
    const back = tokenizerFromJSON(JSON.parse(JSON.stringify(tokenizer)));
    expect(back.encode("the cat")).toEqual([513, 515]);
    expect(() => back.decode([518])).toThrow("outside the vocabulary");
  });

  it("refuses a file that is something else", () => {
    expect(() => ClipBpeTokenizer.fromVocabulary("version\na b\n", "merges.txt")).toThrow("byte pairs");
  });
});

describe.runIf(hasShared)("CLIP's own vocabulary", () => {
  let tokenizer: ClipBpeTokenizer;
  let cases: Case[];
  beforeAll(() => {
    const file = sharedPath("data/clip-bpe/bpe_simple_vocab_16e6.txt.gz");
    tokenizer = ClipBpeTokenizer.fromVocabulary(gunzipSync(readFileSync(file)).toString("utf8"), file);
    ({ cases } = JSON.parse(readFileSync(sharedPath("data/clip-bpe/oracle.json"), "utf8")));
  });

  it("cleans texts as the official code does", () => {
    expect(cases.map(({ text }) => cleanClipText(text))).toEqual(cases.map(({ cleaned }) => cleaned));
  });

  it("gives the official ids", () => {
    for (const { text, ids, length, truncated } of cases) {
      const whole = [...tokenizer.startIds, ...tokenizer.encode(text), tokenizer.eosId];
      expect(whole, text).toHaveLength(length);
      expect(truncated ? [...whole.slice(0, 76), tokenizer.eosId] : whole, text).toEqual(ids);
    }
  });
});
