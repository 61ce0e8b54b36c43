import { describe, expect, it } from "vitest";
import { longestRow, type PackedRow, packQuestions } from "./packing.ts";

const row = (length: number): PackedRow => ({
  tokens: new BigInt64Array(length),
  segments: new BigInt64Array(length),
  positions: new BigInt64Array(length),
  labels: new BigInt64Array(length),
});

describe("packQuestions", () => {
  it("puts questions behind each other and labels the answers only", () => {
    const packed = row(9);
    const asked = packQuestions(
      [
        { question: [10, 11, 12], answer: [20, 2] },
        { question: [13], answer: [21, 22, 2] },
      ],
      packed,
      0,
    );
    expect(asked).toHaveLength(2);
    expect([...packed.tokens].map(Number)).toEqual([10, 11, 12, 20, 13, 21, 22, 0, 0]);
    expect([...packed.segments].map(Number)).toEqual([1, 1, 1, 1, 2, 2, 2, 0, 0]);
    expect([...packed.positions].map(Number)).toEqual([0, 1, 2, 3, 0, 1, 2, 0, 0]);
    expect([...packed.labels].map(Number)).toEqual([-100, -100, 20, 2, 21, 22, 2, -100, -100]);
  });

  it("leaves out what does not fit and goes on with what does", () => {
    const packed = row(3);
    const asked = packQuestions(
      [
        { question: [10, 11, 12, 13], answer: [20, 2] },
        { question: [14, 15], answer: [21, 2] },
      ],
      packed,
      0,
    );
    expect(asked.map(({ question }) => question)).toEqual([[14, 15]]);
    expect([...packed.tokens].map(Number)).toEqual([14, 15, 21]);
  });

  it("clears what an earlier batch left in the row", () => {
    const packed = row(4);
    packQuestions([{ question: [10, 11], answer: [20, 2] }], packed, 0);
    expect(packQuestions([], packed, 7)).toEqual([]);
    expect([...packed.tokens].map(Number)).toEqual([7, 7, 7, 7]);
    expect([...packed.labels].map(Number)).toEqual([-100, -100, -100, -100]);
  });
});

describe("longestRow", () => {
  it("is that of the picture with the longest questions, of more pictures than a call takes arguments", () => {
    const short = { questions: [{ question: [1], answer: [2] }] };
    const long = { questions: [{ question: [1, 2, 3], answer: [4, 5] }, ...short.questions] };
    const pictures = [...Array.from({ length: 299_999 }, () => short), long];
    expect(longestRow(pictures)).toBe(4 + 1);
    expect(longestRow([])).toBe(0);
  });
});
