// [node]
import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { DataError } from "../base/errors.ts";
import { groupBy } from "../base/group-by.ts";
import { BadRecords, requireRecords } from "./bad-records.ts";
import { answerTypeOf, type DatasetLoader, type VqaData, type VqaRecord, type VqaSplit } from "./dataset.ts";
import type { EasyVqaParams } from "./easy-vqa.ts";
import { captionOf } from "./easy-vqa-captions.ts";
import { badImages } from "./images.ts";

/** Raised when the same files would give other records. */
const LOADER_VERSION = 1;
const LAYOUT = "train/questions.json, train/images/<id>.png, test/questions.json, test/images/<id>.png";

const record = z.tuple([z.string(), z.string(), z.int().nonnegative()]);

interface SplitFiles {
  name: "train" | "test";
  questionsPath: string;
  questions: Uint8Array;
  imageFolder: string;
  /** File name to size in bytes, sorted by name. */
  imageSizes: Map<string, number>;
}

/** Reads the published layout; an answer stands alone, so VQA accuracy is exact match there. */
export const easyVqaLoader: DatasetLoader<EasyVqaParams> = {
  async fingerprint(params) {
    return fingerprintOf([await splitFiles(params.path, "train"), await splitFiles(params.path, "test")]);
  },

  async load(params, signal): Promise<VqaData> {
    const files = [await splitFiles(params.path, "train"), await splitFiles(params.path, "test")] as const;
    const bad = new BadRecords(params.onBadRecord);
    const train = await readSplit(files[0], params, bad, signal);
    const test = await readSplit(files[1], params, bad, signal);
    return { adapter: "easy-vqa", fingerprint: fingerprintOf(files), train, test, skipped: bad.skipped };
  },
};

function fingerprintOf(splits: readonly SplitFiles[]): string {
  const hash = createHash("sha256").update(`easy-vqa ${LOADER_VERSION}\n`);
  for (const split of splits) {
    hash.update(split.name).update(createHash("sha256").update(split.questions).digest());
    for (const [name, sizeBytes] of split.imageSizes) hash.update(`${name} ${sizeBytes}\n`);
  }
  return hash.digest("hex");
}

async function splitFiles(path: string, name: "train" | "test"): Promise<SplitFiles> {
  const questionsPath = join(path, name, "questions.json");
  const imageFolder = join(path, name, "images");
  const questions = await readFile(questionsPath).catch((cause) => {
    throw missing(questionsPath, cause);
  });
  const names = await readdir(imageFolder).catch((cause) => {
    throw missing(imageFolder, cause);
  });
  const sorted = names.filter((file) => file.endsWith(".png")).sort();
  const sizes = await Promise.all(sorted.map(async (file) => (await stat(join(imageFolder, file))).size));
  return {
    name,
    questionsPath,
    questions,
    imageFolder,
    imageSizes: new Map(sorted.map((file, index) => [file, sizes[index] ?? 0])),
  };
}

function missing(where: string, cause: unknown): DataError {
  const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
  return new DataError({
    code: "DATA_PATH_MISSING",
    message: "The easy-VQA folder cannot be read",
    expected: LAYOUT,
    got: code === "ENOENT" ? "nothing there" : code,
    where,
    fix: "Give the folder that holds train/ and test/, as a path on the worker's machine.",
    cause,
  });
}

async function readSplit(
  files: SplitFiles,
  params: EasyVqaParams,
  bad: BadRecords,
  signal: AbortSignal,
): Promise<VqaSplit> {
  signal.throwIfAborted();
  const skippedBefore = bad.skipped.length;
  const rows = parseQuestions(files);
  const path = (imageId: string) => join(files.imageFolder, `${imageId}.png`);
  const source = (imageId: string) =>
    ({ kind: "file", path: path(imageId), label: `image ${imageId} of the ${files.name} split` }) as const;

  const unusable = new Set<string>();
  if (params.onBadRecord === "skip") {
    // Whoever skips must learn of all bad images at once, so that the same records are left out of every run.
    const ids = [...files.imageSizes.keys()].map((name) => name.slice(0, -".png".length));
    for (const { index, error } of await badImages(ids.map(source), { signal })) {
      unusable.add(ids[index]!);
      bad.report(error);
    }
  }

  const records: VqaRecord[] = [];
  rows.forEach((row, index) => {
    const where = `${files.questionsPath}, record ${index}`;
    const checked = checkRecord(row, where, files);
    if (checked instanceof DataError) bad.report(checked);
    else if (unusable.has(checked.imageId)) bad.report(onUnusableImage(checked.imageId, where, files));
    else records.push({ ...checked, questionId: String(index) });
  });
  requireRecords(records.length, files.questionsPath, bad.skipped.length - skippedBefore);

  const byImage = groupBy(records, ({ imageId }) => imageId);
  const imageIds = [...byImage.keys()].sort((a, b) => Number(a) - Number(b));
  const recordsOf = (imageId: string) => {
    const own = byImage.get(imageId);
    if (own === undefined) throw unknownImage(imageId, `the ${files.name} split`, files);
    return own;
  };
  return {
    name: files.name,
    records,
    imageIds,
    image(imageId) {
      recordsOf(imageId);
      return source(imageId);
    },
    caption: (imageId) => captionOf(recordsOf(imageId)),
  };
}

function parseQuestions(files: SplitFiles): unknown[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(files.questions));
  } catch (cause) {
    throw new DataError({
      code: "DATA_UNREADABLE_JSON",
      message: "The question file is not valid JSON",
      expected: "a JSON array of [question, answer, imageId]",
      got: cause instanceof Error ? cause.message : String(cause),
      where: files.questionsPath,
      fix: "Copy the file again from its source.",
      cause,
    });
  }
  if (Array.isArray(parsed)) return parsed;
  throw new DataError({
    code: "DATA_UNREADABLE_JSON",
    message: "The question file does not hold a list",
    expected: "a JSON array of [question, answer, imageId]",
    got: parsed === null ? "null" : typeof parsed,
    where: files.questionsPath,
    fix: "Copy the file again from its source.",
  });
}

function checkRecord(row: unknown, where: string, files: SplitFiles): Omit<VqaRecord, "questionId"> | DataError {
  const result = record.safeParse(row);
  const answerless = Array.isArray(row) && (row[1] === "" || row[1] === null || row[1] === undefined);
  if (answerless || (result.success && result.data[1].trim() === "")) {
    return new DataError({
      code: "DATA_NO_ANSWER",
      message: "A question has no answer",
      expected: "[question, answer, imageId] with a non-empty answer",
      got: excerpt(row),
      where,
      fix: 'Correct the record, or set onBadRecord to "skip".',
    });
  }
  if (!result.success || result.data[0].trim() === "") {
    return new DataError({
      code: "DATA_BAD_RECORD",
      message: "A record has the wrong form",
      expected: "[question, answer, imageId] as [text, text, whole number]",
      got: excerpt(row),
      where,
      fix: 'Correct the record, or set onBadRecord to "skip".',
    });
  }
  const [question, answer, image] = result.data;
  const imageId = String(image);
  if (!files.imageSizes.has(`${imageId}.png`)) return unknownImage(imageId, where, files);
  return { imageId, question, answers: [answer], answer, answerType: answerTypeOf(answer) };
}

function unknownImage(imageId: string, where: string, files: SplitFiles): DataError {
  return new DataError({
    code: "DATA_UNKNOWN_IMAGE",
    message: "A question is about an image that is not there",
    expected: `one of the ${files.imageSizes.size} files <id>.png in ${files.imageFolder}`,
    got: `image id ${imageId}`,
    where,
    fix: 'Add the image, or set onBadRecord to "skip".',
  });
}

function onUnusableImage(imageId: string, where: string, files: SplitFiles): DataError {
  return new DataError({
    code: "DATA_CORRUPT_IMAGE",
    message: "A question is about an image that cannot be decoded",
    got: join(files.imageFolder, `${imageId}.png`),
    where,
  });
}

function excerpt(row: unknown): string {
  const text = JSON.stringify(row) ?? String(row);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}
