import type { BenchmarkTruths } from "../../data/benchmarks/question.ts";
import { circular } from "../vqa/circular.ts";
import type { BenchmarkScorer, Checkable } from "./scorer.ts";
import { spreadsheet } from "./spreadsheet.ts";

type Truth = BenchmarkTruths["mmbench"];

/** Circular evaluation; the server is sent its own table with a column of predictions, as LLaVA does. */
export const mmbenchScorer: BenchmarkScorer<Truth> = {
  score({ question, answer, truth }) {
    const read = readOption(answer, question.fields.options as string[]);
    return { score: Number(read === truth.answer), read };
  },
  metrics(answered) {
    const scores = circular(
      answered.map(({ question, answer, truth }: Checkable<Truth>) => ({
        question: question.clusterId,
        rotation: truth.rotation,
        answer: truth.answer,
        prediction: readOption(answer, question.fields.options as string[]),
      })),
    );
    const { vanilla, rotation0 } = scores;
    return { score: scores.circular, vanillaAccuracy: vanilla, ...(rotation0 !== null && { accuracy: rotation0 }) };
  },
  submission: (answered) => ({
    fileName: "mmbench.xlsx",
    contents: spreadsheet(
      ["index", "question", "A", "B", "C", "D", "prediction"],
      answered.map(({ question, answer }) => {
        const {
          index,
          question: text,
          options,
        } = question.fields as { index: number; question: string; options: string[] };
        return [index, text, ...["A", "B", "C", "D"].map((_, i) => options[i] ?? null), answer];
      }),
    ),
  }),
};

/**
 * The letter that an answer begins with, alone or before a mark, or whose option it repeats; "" for none. The server lets a
 * language model read the rest; we do not.
 */
export function readOption(answer: string, options: readonly string[]): string {
  const text = answer.trim();
  const letters = options.map((_, i) => String.fromCharCode(65 + i));
  const stated = /^\(?([A-Z])\)?(?=$|[\s.:,)])/.exec(text)?.[1];
  if (stated !== undefined && letters.includes(stated)) return stated;
  const same = options.findIndex((option) => option.trim().toLowerCase() === text.replace(/\.$/, "").toLowerCase());
  return same === -1 ? "" : letters[same]!;
}
