// [node]
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { OnBadRecord } from "../dataset.ts";
import type { BenchmarkParams } from "./definitions.ts";
import { collect, namesIn, readText } from "./files.ts";
import { type BenchmarkTruths, type LoadedBenchmark, shortAnswer } from "./question.ts";

type Truth = BenchmarkTruths["mme"];
type Part = LoadedBenchmark<Truth>;

/** One question in the order of the files. */
const row = z.object({ image: z.string(), question: z.string(), label: z.enum(["Yes", "No"]) });

/**
 * MME as it is published: a folder a task, with pictures and a text file a picture (two lines, question and answer) side by
 * side or in images/ and questions_answers_YN/. Or one table a task, <task>.txt: image, question, answer, and perhaps more.
 */
export async function loadMme({ folder, onBadRecord }: BenchmarkParams<"mme">): Promise<Part> {
  const parts: Part[] = [];
  for (const name of await namesIn(folder)) {
    const path = join(folder, name);
    if ((await stat(path)).isDirectory()) parts.push(...(await taskFolder(name, path, onBadRecord)));
    else if (name.endsWith(".txt")) parts.push(await taskTable(name.slice(0, -".txt".length), path, onBadRecord));
  }
  const all = {
    questions: parts.flatMap(({ questions }) => questions),
    skipped: parts.flatMap(({ skipped }) => skipped),
  };
  return all.questions.length > 0 ? all : taskTable("MME", join(folder, "<task>.txt"), onBadRecord);
}

async function taskFolder(task: string, path: string, onBadRecord: OnBadRecord): Promise<Part[]> {
  const names = await namesIn(path);
  const apart = names.includes("questions_answers_YN");
  const texts = apart ? join(path, "questions_answers_YN") : path;
  const pictures = apart ? join(path, "images") : path;
  const pictureNames = new Map(
    (await namesIn(pictures))
      .map((name) => [name.replace(/\.[^.]+$/, ""), name])
      .filter(([, name]) => !name!.endsWith(".txt")) as [string, string][],
  );
  const rows: unknown[] = [];
  for (const name of (await namesIn(texts)).filter((each) => each.endsWith(".txt"))) {
    const image = pictureNames.get(name.slice(0, -".txt".length)) ?? `${name} without a picture`;
    for (const line of lines(await readText(join(texts, name)))) {
      const [question, label] = line.split("\t");
      rows.push({ image, question, label });
    }
  }
  return rows.length === 0 ? [] : [questionsOf(task, { path: texts, onBadRecord, rows, pictures })];
}

async function taskTable(task: string, path: string, onBadRecord: OnBadRecord): Promise<Part> {
  const rows = lines(await readText(path)).map((line) => {
    const [image, question, label] = line.split("\t");
    return { image, question, label };
  });
  return questionsOf(task, { path, onBadRecord, rows, pictures: path.replace(/\.txt$/, "") });
}

interface Source {
  path: string;
  onBadRecord: OnBadRecord;
  rows: readonly unknown[];
  pictures: string;
}

function questionsOf(task: string, { path, onBadRecord, rows, pictures }: Source): Part {
  return collect({
    path,
    onBadRecord,
    rows,
    form: row,
    question: ({ image, question, label }, index) => ({
      questionId: `${task}/${index}`,
      clusterId: `${task}/${image}`,
      images: [{ kind: "file", path: join(pictures, image) }],
      // LLaVA asks for the form of the answer in its own words.
      question: question.replace(/\s*Please answer yes or no\.\s*$/, ""),
      suffix: shortAnswer,
      category: task,
      truth: { label },
      fields: { image, question, label },
    }),
  });
}

function lines(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => line.trim() !== "");
}
