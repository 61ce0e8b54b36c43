// [node]
import { z } from "zod";
import type { BenchmarkParams } from "./definitions.ts";
import { collect, imageFile, readRows } from "./files.ts";
import { type BenchmarkTruths, type LoadedBenchmark, optionLetter, shortAnswer } from "./question.ts";

const answerForm = z.union([z.string(), z.array(z.string())]).nullish();

/** A row of the published set: options and several answers are lists written as Python writes them. */
const published = z.looseObject({
  id: z.string(),
  question: z.string(),
  options: z.union([z.string(), z.array(z.string())]).default([]),
  answer: answerForm,
  question_type: z.enum(["multiple-choice", "open"]).default("multiple-choice"),
  subfield: z.string().optional(),
});
/** What TinyLLaVA's evaluation reads. */
const prepared = z.looseObject({
  id: z.string(),
  prompt: z.string(),
  question_type: z.string(),
  answer: answerForm,
  all_choices: z.array(z.string()).default([]),
  index2ans: z.record(z.string(), z.string()).default({}),
  image: z.string().optional(),
});

/** MMMU's questions. LLaVA's scripts show the first picture alone, before the question; so do we. */
export async function loadMmmu(params: BenchmarkParams<"mmmu">): Promise<LoadedBenchmark<BenchmarkTruths["mmmu"]>> {
  const { questions: path, images, onBadRecord } = params;
  return collect({
    path,
    onBadRecord,
    rows: await readRows(path),
    form: z.union([prepared, published]),
    question: (row) => {
      const made =
        "prompt" in row
          ? fromPrepared(row as z.output<typeof prepared>)
          : fromPublished(row as z.output<typeof published>);
      const answers = typeof row.answer === "string" ? listed(row.answer) : (row.answer ?? []);
      // Answers of the test split are hidden behind a question mark.
      const known = answers.length > 0 && answers[0] !== "?";
      return {
        questionId: row.id,
        clusterId: row.id,
        images: made.image === null ? [] : [imageFile(images, made.image)],
        question: made.question,
        suffix: made.suffix,
        category: /^[a-z]+_(.+)_\d+$/.exec(row.id)?.[1] ?? null,
        truth: known ? { answers } : null,
        fields: { id: row.id, multipleChoice: made.multipleChoice, options: made.options },
      };
    },
  });
}

interface Made {
  question: string;
  suffix: string;
  image: string | null;
  multipleChoice: boolean;
  /** By letter. */
  options: Record<string, string>;
}

function fromPublished(row: z.output<typeof published>): Made {
  const choices = typeof row.options === "string" ? listed(row.options) : row.options;
  const multipleChoice = row.question_type === "multiple-choice";
  const options = Object.fromEntries(choices.map((option, i) => [String.fromCharCode(65 + i), option]));
  const text = withoutMarkers(
    [row.question, ...Object.entries(options).map(([letter, option]) => `(${letter}) ${option}`)].join("\n"),
  );
  const image = Object.entries(row).find(([key, value]) => /^image(_1)?$/.test(key) && typeof value === "string")?.[1];
  return {
    question: multipleChoice ? text : withoutMarkers(row.question),
    suffix: multipleChoice ? optionLetter : shortAnswer,
    image: (image as string | undefined) ?? null,
    multipleChoice,
    options,
  };
}

function fromPrepared(row: z.output<typeof prepared>): Made {
  return {
    question: withoutMarkers(row.prompt),
    suffix: "",
    image: row.image ?? null,
    multipleChoice: row.question_type === "multiple-choice",
    options: row.index2ans,
  };
}

function withoutMarkers(text: string): string {
  return text.replaceAll(/<image(?: \d+)?>/g, "").trim();
}

/** A list as Python prints it, or a text by itself. */
function listed(text: string): string[] {
  if (!/^\[.*\]$/s.test(text.trim())) return [text];
  const items: string[] = [];
  const item = /'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/gs;
  for (const [, single, double] of text.matchAll(item)) {
    items.push((single ?? double ?? "").replaceAll(/\\(['"\\])/g, "$1").replaceAll("\\n", "\n"));
  }
  return items;
}
