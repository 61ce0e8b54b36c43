// [node]
import { join } from "node:path";
import { z } from "zod";
import { DataError } from "../../base/errors.ts";
import type { BenchmarkParams } from "./definitions.ts";
import { collect, imageFile, namesIn, readRows } from "./files.ts";
import { type BenchmarkTruths, type LoadedBenchmark, shortAnswer } from "./question.ts";

const line = z.object({
  question_id: z.union([z.int(), z.string()]),
  image: z.string(),
  text: z.string(),
  label: z.enum(["yes", "no"]),
});

export const popeSplits = ["random", "popular", "adversarial"] as const;

/** POPE's JSON lines on COCO, one file a split; those that are there are read. */
export async function loadPope(params: BenchmarkParams<"pope">): Promise<LoadedBenchmark<BenchmarkTruths["pope"]>> {
  const { folder, images, onBadRecord } = params;
  const names = await namesIn(folder);
  const splits = popeSplits.filter((split) => names.includes(`coco_pope_${split}.json`));
  if (splits.length === 0) {
    throw new DataError({
      code: "DATA_PATH_MISSING",
      message: "The folder holds no file of POPE",
      expected: popeSplits.map((split) => `coco_pope_${split}.json`).join(", "),
      got: names.slice(0, 10).join(", ") || "an empty folder",
      where: folder,
    });
  }
  const parts: LoadedBenchmark<BenchmarkTruths["pope"]>[] = [];
  for (const split of splits) {
    const path = join(folder, `coco_pope_${split}.json`);
    const part = collect({
      path,
      onBadRecord,
      rows: await readRows(path),
      form: line,
      question: ({ question_id, image, text, label }) => ({
        questionId: `${split}/${question_id}`,
        clusterId: image,
        images: [imageFile(images, image)],
        question: text,
        suffix: shortAnswer,
        category: split,
        truth: { label },
        fields: { question_id, category: split },
      }),
    });
    parts.push(part);
  }
  return { questions: parts.flatMap(({ questions }) => questions), skipped: parts.flatMap(({ skipped }) => skipped) };
}
