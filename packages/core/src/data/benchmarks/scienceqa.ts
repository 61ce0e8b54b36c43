// [node]
import { z } from "zod";
import type { BenchmarkParams } from "./definitions.ts";
import { collect, imageFile, noPrompt, readForm } from "./files.ts";
import { type BenchmarkTruths, type LoadedBenchmark, optionLetter } from "./question.ts";

const problem = z.object({
  question: z.string(),
  choices: z.array(z.string()).min(2).max(5),
  answer: z.int().min(0),
  hint: z.string().default(""),
  image: z.string().nullish(),
  split: z.string().optional(),
});
const llavaQuestions = z.array(
  z.object({ id: z.string(), conversations: z.array(z.object({ value: z.string() })).min(1) }),
);

/** ScienceQA's problems; options are lettered as in LLaVA's own question file, which is used where it is given. */
export async function loadScienceqa(
  params: BenchmarkParams<"scienceqa">,
): Promise<LoadedBenchmark<BenchmarkTruths["scienceqa"]>> {
  const { problems: path, images, split, onBadRecord } = params;
  const problems = await readForm(path, z.record(z.string(), z.unknown()));
  const listed =
    params.splits === undefined
      ? null
      : new Set((await readForm(params.splits, z.record(z.string(), z.array(z.string()))))[split] ?? []);
  const prompts =
    params.questions === undefined
      ? null
      : new Map(
          (await readForm(params.questions, llavaQuestions)).map(({ id, conversations }) => [
            id,
            conversations[0]!.value,
          ]),
        );
  return collect({
    path,
    onBadRecord,
    rows: Object.entries(problems),
    form: z.tuple([z.string(), problem]),
    question: ([id, { question, choices, answer, hint, image, split: own }]) => {
      if (listed === null ? own !== split : !listed.has(id)) return null;
      const given = prompts?.get(id);
      if (prompts !== null && given === undefined) return noPrompt(params.questions!, `${path}, problem ${id}`);
      const options = choices.map((choice, i) => `${"ABCDE"[i]}. ${choice}`).join("\n");
      const context = hint.trim() === "" ? "" : `${hint.trim()}\n`;
      const prompt = given?.replaceAll("<image>", "").trim() ?? `${context}${question}\n${options}\n${optionLetter}`;
      const end = `\n${optionLetter}`;
      return {
        questionId: id,
        clusterId: id,
        images: image ? [imageFile(images, `${id}/${image}`)] : [],
        question: prompt.endsWith(end) ? prompt.slice(0, -end.length) : prompt,
        suffix: prompt.endsWith(end) ? optionLetter : "",
        category: image ? "image" : "text",
        truth: { answer, numChoices: choices.length },
        fields: { question_id: id },
      };
    },
  });
}
