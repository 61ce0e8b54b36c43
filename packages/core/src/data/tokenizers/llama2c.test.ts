import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { hasShared, sharedPath } from "../../../../../scripts/shared.mjs";
import { tokenizerFromJSON } from "./index.ts";
import { Llama2cTokenizer } from "./llama2c.ts";

const folder = (name: string) => readFileSync(sharedPath("data", "tinystories-260k", name));

describe.skipIf(!hasShared)("the tokenizer of stories260K", () => {
  const tokenizer = new Llama2cTokenizer(folder("tok512.bin"));
  const { encode } = JSON.parse(folder("oracle.json").toString()) as { encode: { text: string; ids: number[] }[] };

  it.each(encode)("encodes $text as llama2.c does, and back", ({ text, ids }) => {
    expect([...tokenizer.startIds, ...tokenizer.encode(text)]).toEqual(ids);
    expect(tokenizer.decode(ids)).toBe(text);
  });

  it("comes back from JSON", () => {
    expect(tokenizerFromJSON(JSON.parse(JSON.stringify(tokenizer))).encode("Hello")).toEqual(encode[1]!.ids.slice(1));
  });

  it("refuses ids outside the vocabulary, and a file that is cut off", () => {
    expect(() => tokenizer.decode([512])).toThrow(/512/);
    expect(() => new Llama2cTokenizer(folder("tok512.bin").subarray(0, 6000))).toThrow(
      expect.objectContaining({ code: "DATA_BAD_TOKENIZER" }),
    );
  });
});

it("refuses what is no tokenizer", () => {
  expect(() => tokenizerFromJSON({ type: "constructor" })).toThrow(/type "constructor"/);
});
