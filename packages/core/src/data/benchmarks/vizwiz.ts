// [node]
import { z } from "zod";
import type { BenchmarkParams } from "./definitions.ts";
import { collect, imageFile, readRows } from "./files.ts";
import { type BenchmarkTruths, type LoadedBenchmark, shortAnswer } from "./question.ts";

const row = z.object({
  image: z.string(),
  question: z.string(),
  answers: z.array(z.object({ answer: z.string() })).optional(),
});

const suffix = `When the provided information is insufficient, respond with 'Unanswerable'.\n${shortAnswer}`;

/** VizWiz's question file: a question a picture. */
export async function loadVizwiz(
  params: BenchmarkParams<"vizwiz">,
): Promise<LoadedBenchmark<BenchmarkTruths["vizwiz"]>> {
  const { questions: path, images, onBadRecord } = params;
  return collect({
    path,
    onBadRecord,
    rows: await readRows(path),
    form: row,
    question: ({ image, question, answers }) => ({
      questionId: image,
      clusterId: image,
      images: [imageFile(images, image)],
      question,
      suffix,
      category: null,
      truth: answers === undefined || answers.length === 0 ? null : { answers: answers.map(({ answer }) => answer) },
      fields: { image },
    }),
  });
}
