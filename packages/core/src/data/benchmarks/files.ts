// [node]
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { DataError } from "../../base/errors.ts";
import { BadRecords, requireRecords } from "../bad-records.ts";
import type { ImageSource, OnBadRecord } from "../dataset.ts";
import type { BenchmarkQuestion, LoadedBenchmark } from "./question.ts";

/** @throws DataError DATA_PATH_MISSING */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new DataError({
      code: "DATA_PATH_MISSING",
      message: "A benchmark's file is missing",
      expected: "a file",
      got: "nothing that can be read",
      where: path,
      cause,
    });
  }
}

/** @throws DataError DATA_UNREADABLE_JSON when the file is not JSON of the form */
export async function readForm<T>(path: string, form: z.ZodType<T>): Promise<T> {
  const text = await readText(path);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw unreadable(path, cause instanceof Error ? cause.message : String(cause));
  }
  const parsed = form.safeParse(value);
  if (parsed.success) return parsed.data;
  throw unreadable(path, z.prettifyError(parsed.error));
}

/** The objects of a JSON array or of JSON lines, not looked into. */
export async function readRows(path: string): Promise<unknown[]> {
  const text = (await readText(path)).trim();
  try {
    if (text.startsWith("[")) return z.array(z.unknown()).parse(JSON.parse(text));
    return text === "" ? [] : text.split("\n").map((line): unknown => JSON.parse(line));
  } catch (cause) {
    throw unreadable(path, cause instanceof Error ? cause.message : String(cause));
  }
}

function unreadable(path: string, got: string): DataError {
  return new DataError({
    code: "DATA_UNREADABLE_JSON",
    message: "A benchmark's file is not of the published form",
    expected: "the file as it is published",
    got,
    where: path,
  });
}

interface Collecting<Row, Truth> {
  path: string;
  onBadRecord: OnBadRecord;
  rows: readonly unknown[];
  /** What a row must hold. */
  form: z.ZodType<Row>;
  /** null: the row is no question of this benchmark; an error: it is one, and cannot be asked. */
  question(row: Row, index: number): BenchmarkQuestion<Truth> | DataError | null;
}

/**
 * Makes questions of rows; a row of another form, without a question, with an id that was there already or refused by its
 * benchmark is bad.
 * @throws DataError for the first bad row unless they are skipped, and when no question is left
 */
export function collect<Row, Truth>({
  path,
  onBadRecord,
  rows,
  form,
  question,
}: Collecting<Row, Truth>): LoadedBenchmark<Truth> {
  const bad = new BadRecords(onBadRecord);
  const questions = new Map<string, BenchmarkQuestion<Truth>>();
  for (const [index, row] of rows.entries()) {
    const refuse = (expected: string, got: string) =>
      bad.report(
        new DataError({
          code: "DATA_BAD_RECORD",
          message: "A question cannot be used",
          expected,
          got,
          where: `${path}, record ${index}`,
          fix: 'Set onBadRecord to "skip" to leave such questions out, counted and listed.',
        }),
      );
    const parsed = form.safeParse(row);
    if (!parsed.success) {
      refuse("the published form", z.prettifyError(parsed.error));
      continue;
    }
    const made = question(parsed.data, index);
    if (made === null) continue;
    if (made instanceof DataError) bad.report(made);
    else if (made.question.trim() === "") refuse("a question", "an empty text");
    else if (questions.has(made.questionId)) refuse("ids that differ", `${made.questionId} again`);
    else questions.set(made.questionId, made);
  }
  requireRecords(questions.size, path, bad.skipped.length);
  return { questions: [...questions.values()], skipped: bad.skipped };
}

/** A question that the file of prompts does not hold: asked in other words, its score would be that of another protocol. */
export function noPrompt(prompts: string, where: string): DataError {
  return new DataError({
    code: "DATA_NO_PROMPT",
    message: "The file of prompts has none for a question",
    expected: `a prompt in ${prompts}`,
    got: "none",
    where,
    fix: 'Give the prompts of the same split, or none at all, or set onBadRecord to "skip" to leave such questions out, counted and listed.',
  });
}

export const imageFile = (folder: string, name: string): ImageSource => ({ kind: "file", path: join(folder, name) });

/** Names in a folder. @throws DataError DATA_PATH_MISSING */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (cause) {
    throw new DataError({
      code: "DATA_PATH_MISSING",
      message: "A benchmark's folder is missing",
      expected: "a folder",
      got: "nothing that can be read",
      where: folder,
      cause,
    });
  }
}

/** A question and the suffix that LLaVA puts behind it, from a prompt that holds both. */
export function splitSuffix(prompt: string, suffix: string): { question: string; suffix: string } {
  const end = `\n${suffix}`;
  return prompt.endsWith(end) ? { question: prompt.slice(0, -end.length), suffix } : { question: prompt, suffix: "" };
}
