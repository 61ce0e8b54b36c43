import type { VqaRecord } from "./dataset.ts";

const shapes = new Set(["circle", "rectangle", "triangle"]);
const colors = new Set(["black", "blue", "brown", "gray", "green", "red", "teal", "yellow"]);

type Asked = Pick<VqaRecord, "question" | "answer">;

/**
 * "a red circle": what the questions about a picture of one coloured shape and their answers say together. easy-VQA has no
 * captions of its own. What is not said is left open: "a red shape", "a circle", "a shape".
 */
export function captionOf(records: readonly Asked[]): string {
  const said = new Set(records.flatMap(wordsThatHold));
  const color = [...said].find((word) => colors.has(word));
  const shape = [...said].find((word) => shapes.has(word)) ?? "shape";
  return color === undefined ? `a ${shape}` : `a ${color} ${shape}`;
}

/** An open question names what is there, and so does its answer; of the others, "is there a red shape?" answered by yes. */
function wordsThatHold({ question, answer }: Asked): string[] {
  const words = question.toLowerCase().split(/[^a-z]+/);
  if (answer !== "yes" && answer !== "no") return [...words, answer];
  const negated = words.includes("not") || words.includes("no");
  return (answer === "yes") === negated ? [] : words;
}
