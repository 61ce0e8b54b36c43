import { z } from "zod";

/** One question about one image, in the shape of the VQAv2 annotations. */
export interface VqaRecord {
  /** Unique within its split. */
  questionId: string;
  /** Unique within its split. */
  imageId: string;
  question: string;
  /** What the annotators said: one answer, or ten as in VQAv2. Never empty. */
  answers: readonly string[];
  /** The most frequent of `answers`; of equally frequent ones the first. */
  answer: string;
  answerType: AnswerType;
}

export type AnswerType = "yes/no" | "number" | "other";

/** Where the pixels of an image come from. `label` names the image in error messages. */
export type ImageSource =
  | { kind: "file"; path: string; label?: string }
  /** 8-bit RGB, row-major, [height, width, 3]. */
  | { kind: "rgb"; width: number; height: number; data: Uint8Array; label?: string }
  /** The bytes of a PNG, JPEG, WebP ... file. */
  | { kind: "encoded"; bytes: Uint8Array; label?: string };

export interface VqaSplit {
  name: "train" | "test";
  records: readonly VqaRecord[];
  /** The images that records ask about, in the adapter's own stable order. */
  imageIds: readonly string[];
  /** @throws DataError for an id that is not in the split. */
  image(imageId: string): ImageSource;
  /** The class that a person gave the image, where the data says; an encoder can be trained on it. @throws as image() */
  label?(imageId: string): string;
  /** A sentence that describes the image, where the data has one: text of pre-training. @throws as image() */
  caption?(imageId: string): string;
}

/** A record or image that was left out because the user chose `onBadRecord: "skip"`. */
export interface SkippedRecord {
  /** File and record: "train/questions.json, record 17". */
  where: string;
  code: string;
  reason: string;
}

export interface VqaData {
  adapter: string;
  fingerprint: string;
  train: VqaSplit;
  test: VqaSplit;
  skipped: readonly SkippedRecord[];
}

/** What every adapter asks the user about data that cannot be used. */
export const onBadRecord = z
  .enum(["error", "skip"])
  .default("error")
  .describe("What a bad record or image does: stop with an error that names it, or be skipped, counted and listed");

export type OnBadRecord = z.infer<typeof onBadRecord>;

/** The browser-safe half of a data set adapter; its loader stands in loaders.ts [node]. */
export interface DatasetDefinition<Schema extends z.ZodType = z.ZodType, Name extends string = string> {
  name: Name;
  title: string;
  summary: string;
  /** Every field has a .describe() text: forms, CLI help and docs are made from it. */
  params: Schema;
  /** One line that tells this choice of parameters from others. */
  describe(params: z.infer<Schema>): string;
}

export function defineDataset<Schema extends z.ZodType, const Name extends string>(
  definition: DatasetDefinition<Schema, Name>,
): DatasetDefinition<Schema, Name> {
  return definition;
}

/** The [node] half of an adapter. */
export interface DatasetLoader<Params> {
  /**
   * Hash of the content, without reading every image: equal fingerprints mean equal data.
   * @throws DataError when the path is missing.
   */
  fingerprint(params: Params): Promise<string>;
  /** @throws DataError with file and record; the signal's reason when it is aborted. */
  load(params: Params, signal: AbortSignal): Promise<VqaData>;
}

/** The most frequent answer; of equally frequent ones the first. */
export function mostFrequentAnswer(answers: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  let best = answers[0] ?? "";
  for (const [answer, count] of counts) if (count > (counts.get(best) ?? 0)) best = answer;
  return best;
}

/** VQAv2's three classes, told from the answer itself. */
export function answerTypeOf(answer: string): AnswerType {
  if (answer === "yes" || answer === "no") return "yes/no";
  return /^\d+$/.test(answer) ? "number" : "other";
}
