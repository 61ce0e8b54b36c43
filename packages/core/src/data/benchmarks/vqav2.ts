// [node]
import { z } from "zod";
import type { BenchmarkParams } from "./definitions.ts";
import { collect, imageFile, readForm, readRows, splitSuffix } from "./files.ts";
import { type BenchmarkTruths, type LoadedBenchmark, shortAnswer } from "./question.ts";

const questionFile = z.object({
  data_subtype: z.string().optional(),
  questions: z.array(z.unknown()),
});
const published = z.object({ question_id: z.int(), image_id: z.int(), question: z.string() });
const llavaLine = z.object({ question_id: z.union([z.int(), z.string()]), image: z.string(), text: z.string() });
const annotationFile = z.object({
  annotations: z.array(
    z.object({
      question_id: z.int(),
      question_type: z.string().default(""),
      answer_type: z.string().default(""),
      answers: z.array(z.object({ answer: z.string() })).min(1),
    }),
  ),
});

type Truth = BenchmarkTruths["vqav2"];

/** VQAv2's question file, or LLaVA's JSON lines of it, with the annotations where the split has them. */
export async function loadVqav2(params: BenchmarkParams<"vqav2">): Promise<LoadedBenchmark<Truth>> {
  const truths = params.annotations === undefined ? new Map<string, Truth>() : await readTruths(params.annotations);
  const make = (id: number | string, asked: { question: string; suffix: string }, image: string) => ({
    ...asked,
    questionId: String(id),
    clusterId: image,
    images: [imageFile(params.images, image)],
    category: null,
    truth: truths.get(String(id)) ?? null,
    fields: { question_id: id },
  });
  const { onBadRecord, questions: path } = params;
  if (path.endsWith(".jsonl")) {
    return collect({
      path,
      onBadRecord,
      rows: await readRows(path),
      form: llavaLine,
      question: ({ question_id, image, text }) => make(question_id, splitSuffix(text, shortAnswer), image),
    });
  }
  const { data_subtype = "val2014", questions: rows } = await readForm(path, questionFile);
  // The questions of test-dev ask about pictures of test.
  const split = data_subtype.replace(/^test-dev/, "test");
  return collect({
    path,
    onBadRecord,
    rows,
    form: published,
    question: ({ question_id, image_id, question }) =>
      make(question_id, { question, suffix: shortAnswer }, `COCO_${split}_${String(image_id).padStart(12, "0")}.jpg`),
  });
}

async function readTruths(path: string): Promise<Map<string, Truth>> {
  const { annotations } = await readForm(path, annotationFile);
  return new Map(
    annotations.map(({ question_id, question_type, answer_type, answers }) => [
      String(question_id),
      { answers: answers.map(({ answer }) => answer), questionType: question_type, answerType: answer_type },
    ]),
  );
}
