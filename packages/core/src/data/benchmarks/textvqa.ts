// [node]
import { z } from "zod";
import type { BenchmarkParams } from "./definitions.ts";
import { collect, imageFile, noPrompt, readForm, readRows, splitSuffix } from "./files.ts";
import { type BenchmarkTruths, type LoadedBenchmark, shortAnswer } from "./question.ts";

const questionFile = z.object({ data: z.array(z.unknown()) });
const row = z.object({
  question_id: z.int(),
  image_id: z.string(),
  question: z.string(),
  answers: z.array(z.string()).optional(),
});
const promptLine = z.object({ question_id: z.string(), text: z.string() });

/** TextVQA's question file, with LLaVA's prompts where they are given: those hold the reference OCR tokens. */
export async function loadTextvqa(
  params: BenchmarkParams<"textvqa">,
): Promise<LoadedBenchmark<BenchmarkTruths["textvqa"]>> {
  const { questions: path, images, onBadRecord } = params;
  const prompts = params.prompts === undefined ? null : await readPrompts(params.prompts);
  const { data } = await readForm(path, questionFile);
  return collect({
    path,
    onBadRecord,
    rows: data,
    form: row,
    question: ({ question_id, image_id, question, answers }) => {
      const prompt = prompts?.get(promptKey(image_id, question));
      if (prompts !== null && prompt === undefined) {
        return noPrompt(params.prompts!, `${path}, question ${question_id}: "${question}"`);
      }
      return {
        questionId: String(question_id),
        clusterId: image_id,
        images: [imageFile(images, `${image_id}.jpg`)],
        ...(prompt === undefined ? { question, suffix: shortAnswer } : splitSuffix(prompt, shortAnswer)),
        category: null,
        truth: answers === undefined ? null : { answers },
        fields: { question_id },
      };
    },
  });
}

/** LLaVA's lines are found again by picture and question, since their question_id is the picture's. */
async function readPrompts(path: string): Promise<Map<string, string>> {
  const lines = z.array(promptLine).parse(await readRows(path));
  return new Map(lines.map(({ question_id, text }) => [promptKey(question_id, text.split("\n")[0]!), text]));
}

const promptKey = (imageId: string, question: string) => `${imageId}\n${question.toLowerCase()}`;
