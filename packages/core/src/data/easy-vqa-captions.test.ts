import { describe, expect, it } from "vitest";
import { captionOf } from "./easy-vqa-captions.ts";

describe("captions of easy-VQA", () => {
  it.each([
    ["a red circle", [["what color is the circle?", "red"]]],
    [
      "a teal triangle",
      [
        ["does the image contain a teal shape?", "yes"],
        ["what shape is present?", "triangle"],
      ],
    ],
    ["a gray shape", [["what is the color of the shape?", "gray"]]],
    ["a rectangle", [["is a rectangle present?", "yes"]]],
    ["a circle", [["is no circle present?", "no"]]],
    [
      "a shape",
      [
        ["is there a red shape?", "no"],
        ["does the image not contain a circle?", "yes"],
        ["is no blue shape present?", "yes"],
      ],
    ],
  ] as const)("is %s", (caption, records) => {
    expect(captionOf(records.map(([question, answer]) => ({ question, answer })))).toBe(caption);
  });
});
