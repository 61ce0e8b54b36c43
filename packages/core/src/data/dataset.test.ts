import { describe, expect, it } from "vitest";
import { answerTypeOf, mostFrequentAnswer } from "./dataset.ts";

describe("mostFrequentAnswer", () => {
  it("counts, and takes the first of equally frequent answers", () => {
    expect(mostFrequentAnswer(["red", "blue", "blue"])).toBe("blue");
    expect(mostFrequentAnswer(["red", "blue", "blue", "red"])).toBe("red");
  });
});

describe("answerTypeOf", () => {
  it("tells yes/no, numbers and the rest apart", () => {
    expect(["yes", "no", "12", "two", "circle"].map(answerTypeOf)).toEqual([
      "yes/no",
      "yes/no",
      "number",
      "other",
      "other",
    ]);
  });
});
