// [node]
import { parse } from "csv-parse/sync";
import { z } from "zod";
import type { BenchmarkParams } from "./definitions.ts";
import { collect, readText } from "./files.ts";
import {
  type BenchmarkQuestion,
  type BenchmarkTruths,
  type LoadedBenchmark,
  optionLetter,
  optionLetterChinese,
} from "./question.ts";

type Truth = BenchmarkTruths["mmbench"];
const letters = ["A", "B", "C", "D"] as const;

/** What pandas reads as nothing. */
const cell = z
  .string()
  .optional()
  .transform((text) => (text === undefined || /^(nan|none)?$/i.test(text.trim()) ? null : text));
const row = z.looseObject({
  index: z.coerce.number().int().min(0),
  question: z.string(),
  hint: cell,
  A: cell,
  B: cell,
  C: cell,
  D: cell,
  answer: cell,
  category: cell,
  image: z.base64(),
});

/** Rotations of a question carry its index plus a multiple of this. */
const ROTATION_STEP = 1_000_000;

/** MMBench's table, pictures in Base64 in it. Rotations of one question share its index modulo a million. */
export async function loadMmbench(
  params: BenchmarkParams<"mmbench">,
  language: "en" | "cn",
): Promise<LoadedBenchmark<Truth>> {
  const { questions: path, onBadRecord } = params;
  const rows = parse(await readText(path), {
    delimiter: "\t",
    columns: true,
    relax_quotes: true,
    skip_empty_lines: true,
  }) as Record<string, string>[];
  const loaded = collect({ path, onBadRecord, rows, form: row, question: (read) => questionOf(read, language) });
  const rotated = loaded.questions.some(({ fields }) => (fields.index as number) >= ROTATION_STEP);
  if (rotated || params.rotations === "as-in-file") return loaded;
  // Only what can be scored here is asked in every rotation: a server wants the rows of its own table.
  return {
    ...loaded,
    questions: loaded.questions.flatMap((question) => (question.truth ? rotations(question, language) : [question])),
  };
}

function questionOf(read: z.output<typeof row>, language: "en" | "cn"): BenchmarkQuestion<Truth> {
  const { index, question, hint, answer, category, image } = read;
  const empty = letters.findIndex((letter) => read[letter] === null);
  const options = letters.slice(0, empty === -1 ? letters.length : empty).map((letter) => read[letter] as string);
  return {
    questionId: String(index),
    clusterId: String(index % ROTATION_STEP),
    images: [{ kind: "encoded", bytes: Buffer.from(image, "base64"), label: `picture of question ${index}` }],
    question: asked(hint === null ? question : `${hint}\n${question}`, options),
    suffix: language === "cn" ? optionLetterChinese : optionLetter,
    category,
    truth: answer === null ? null : { answer, rotation: Math.floor(index / ROTATION_STEP) },
    fields: { index, question, options, hint, category, answer },
  };
}

/** The question with its options in every rotation: option i of rotation k is option (i + k) of the published order. */
function rotations(base: BenchmarkQuestion<Truth>, language: "en" | "cn"): BenchmarkQuestion<Truth>[] {
  const { index, question, options, hint } = base.fields as {
    index: number;
    question: string;
    options: string[];
    hint: string | null;
  };
  const right = letters.indexOf(base.truth!.answer as "A");
  return options.map((_, rotation) => {
    const turned = options.map((_, i) => options[(i + rotation) % options.length]!);
    return {
      ...base,
      questionId: String(index + rotation * ROTATION_STEP),
      question: asked(hint === null ? question : `${hint}\n${question}`, turned),
      suffix: language === "cn" ? optionLetterChinese : optionLetter,
      truth: { answer: letters[(right - rotation + options.length) % options.length]!, rotation },
      fields: { ...base.fields, index: index + rotation * ROTATION_STEP, options: turned },
    };
  });
}

function asked(question: string, options: readonly string[]): string {
  return [question, ...options.map((option, i) => `${letters[i]}. ${option}`)].join("\n");
}
