// [node]
import { z } from "zod";
import type { BenchmarkParams } from "./definitions.ts";
import { collect, imageFile, readForm } from "./files.ts";
import { type BenchmarkTruths, type LoadedBenchmark, shortAnswer } from "./question.ts";

const row = z.tuple([
  z.string(),
  z.object({
    imageId: z.string(),
    question: z.string(),
    answer: z.string().optional(),
    isBalanced: z.boolean().default(true),
  }),
]);

/** GQA's question file; only balanced questions count. */
export async function loadGqa(params: BenchmarkParams<"gqa">): Promise<LoadedBenchmark<BenchmarkTruths["gqa"]>> {
  const { questions: path, images, onBadRecord } = params;
  return collect({
    path,
    onBadRecord,
    rows: Object.entries(await readForm(path, z.record(z.string(), z.unknown()))),
    form: row,
    question: ([id, { imageId, question, answer, isBalanced }]) =>
      isBalanced
        ? {
            questionId: id,
            clusterId: imageId,
            images: [imageFile(images, `${imageId}.jpg`)],
            question,
            suffix: shortAnswer,
            category: null,
            truth: answer === undefined ? null : { answer },
            fields: { questionId: id },
          }
        : null,
  });
}
