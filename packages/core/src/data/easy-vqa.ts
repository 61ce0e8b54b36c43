import { z } from "zod";
import { defineDataset, onBadRecord } from "./dataset.ts";

export const easyVqaParams = z.strictObject({
  path: z
    .string()
    .min(1)
    .describe("Folder with train/ and test/, each with questions.json and images/, on the worker's machine"),
  onBadRecord,
});

export type EasyVqaParams = z.infer<typeof easyVqaParams>;

/** Pictures of one coloured shape with questions, in the layout of github.com/vzhou842/easy-VQA. */
export const easyVqa = defineDataset({
  name: "easy-vqa",
  title: "easy-VQA",
  summary: "5,000 pictures of one coloured shape, 48,248 questions, 13 answers. Read from a local folder.",
  params: easyVqaParams,
  describe: (params) => `easy-VQA in ${params.path}`,
});
