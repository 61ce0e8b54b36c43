import { z } from "zod";
import { onBadRecord } from "../dataset.ts";
import type { BenchmarkName } from "./question.ts";

const file = (what: string) => z.string().min(1).describe(`Path of ${what}`);
const images = (what: string) => z.string().min(1).describe(`Folder of the pictures: ${what}`);
const annotations = (what: string) =>
  file(`${what}; without it there is no score, only the submission file`).optional();

const mmbenchParams = z.strictObject({
  questions: file("the published table (TSV with the pictures in it)"),
  rotations: z
    .enum(["make", "as-in-file"])
    .default("make")
    .describe(
      "Circular evaluation asks each question with its options in every rotation: made here where the file has answers and none, or only as in the file",
    ),
  onBadRecord,
});

/**
 * The benchmarks of LLaVA-KD's table in its order, with the files that they are published as. To add one: a line here, its
 * truth in question.ts, a loader in loaders.ts, a scorer in metrics/benchmarks.
 */
export const benchmarks = {
  vqav2: {
    title: "VQAv2",
    params: z.strictObject({
      questions: file("v2_OpenEnded_mscoco_<split>_questions.json, or LLaVA's JSON lines"),
      annotations: annotations("v2_mscoco_<split>_annotations.json"),
      images: images("COCO_<split>_<number>.jpg"),
      onBadRecord,
    }),
  },
  gqa: {
    title: "GQA",
    params: z.strictObject({
      questions: file("testdev_balanced_questions.json"),
      images: images("<image id>.jpg"),
      onBadRecord,
    }),
  },
  vizwiz: {
    title: "VizWiz",
    params: z.strictObject({
      questions: file("test.json or val.json"),
      images: images("as the file names them"),
      onBadRecord,
    }),
  },
  scienceqa: {
    title: "ScienceQA",
    params: z.strictObject({
      problems: file("problems.json"),
      splits: file("pid_splits.json; without it each problem's own split counts").optional(),
      questions: file("LLaVA's llava_test_CQM-A.json, whose prompts are used then").optional(),
      split: z.string().default("test").describe("Which problems: test, val, minitest ..."),
      images: images("<problem id>/image.png"),
      onBadRecord,
    }),
  },
  textvqa: {
    title: "TextVQA",
    params: z.strictObject({
      questions: file("TextVQA_0.5.1_val.json"),
      prompts: file("LLaVA's llava_textvqa_val_v051_ocr.jsonl, whose prompts hold the reference OCR tokens").optional(),
      images: images("<image id>.jpg"),
      onBadRecord,
    }),
  },
  mme: {
    title: "MME",
    params: z.strictObject({
      folder: file(
        "the published folder (a folder a task with pictures and question files), or of one table a task (image, question, answer)",
      ),
      onBadRecord,
    }),
  },
  mmbench: { title: "MMBench", params: mmbenchParams },
  "mmbench-cn": { title: "MMBench-CN", params: mmbenchParams },
  pope: {
    title: "POPE",
    params: z.strictObject({
      folder: file("the folder with coco_pope_random.json, coco_pope_popular.json and coco_pope_adversarial.json"),
      images: images("COCO's val2014"),
      onBadRecord,
    }),
  },
  mmmu: {
    title: "MMMU",
    params: z.strictObject({
      questions: file(
        "the questions as JSON or JSON lines: rows of the published set, or TinyLLaVA's anns_for_eval.json",
      ),
      images: images("the paths that the questions name"),
      onBadRecord,
    }),
  },
} satisfies Record<BenchmarkName, { title: string; params: z.ZodType }>;

export const benchmarkNames = Object.keys(benchmarks) as [BenchmarkName, ...BenchmarkName[]];
export type BenchmarkParams<N extends BenchmarkName> = z.output<(typeof benchmarks)[N]["params"]>;

const [first, ...rest] = benchmarkNames.map((name) =>
  z.strictObject({ benchmark: z.literal(name), params: benchmarks[name].params }),
);

/** A benchmark and where its files are. */
export const benchmarkReference = z.discriminatedUnion("benchmark", [first!, ...rest]);
export type BenchmarkReference = { [N in BenchmarkName]: { benchmark: N; params: BenchmarkParams<N> } }[BenchmarkName];
