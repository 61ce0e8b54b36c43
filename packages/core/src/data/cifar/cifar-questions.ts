import { z } from "zod";
import { defineDataset, onBadRecord } from "../dataset.ts";

const count = (max: number) => z.int().min(1).max(max).nullable().default(null);

export const cifarQuestionsParams = z.strictObject({
  path: z
    .string()
    .min(1)
    .describe(
      "Folder with train and test photographs on the worker's machine: train.tar and test.tar, or folders train/ and test/, " +
        "each with members <class>/<name>.jpg (or .png)",
    ),
  numTrainPhotos: count(1_000_000).describe("Training photographs, drawn evenly over the classes; empty: all of them"),
  numTestPhotos: count(1_000_000).describe("Test photographs, drawn evenly over the classes; empty: all of them"),
  dataSeed: z
    .int()
    .nonnegative()
    .default(1)
    .describe("Seed that chooses the photographs; smaller sets of one seed are parts of larger ones"),
  onBadRecord,
});

export type CifarQuestionsParams = z.infer<typeof cifarQuestionsParams>;

/** Questions by template about the photographs of CIFAR-10; what an answer needs is the class and what one knows of it. */
export const cifarQuestions = defineDataset({
  name: "cifar-questions",
  title: "CIFAR-10 questions",
  summary:
    "Real photographs of 32 x 32 pixels in ten classes, six questions each with one-word answers. Read from a local folder.",
  params: cifarQuestionsParams,
  describe: ({ path, numTrainPhotos, dataSeed }) =>
    `${numTrainPhotos ?? "all"} training photographs in ${path}, choice ${dataSeed}`,
});
