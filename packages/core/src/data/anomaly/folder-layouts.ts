import { z } from "zod";
import { defineAnomalySource } from "./source.ts";

const root = z
  .string()
  .min(1)
  .describe("Folder on the worker's machine: a category (it holds train/ and test/) or a folder of categories");
const categories = z
  .array(z.string().min(1))
  .default([])
  .describe("Categories by folder name; none named means all of them");

export interface FolderLayoutParams {
  root: string;
  categories: string[];
}

const describe = ({ root, categories }: FolderLayoutParams) =>
  `${categories.length > 0 ? categories.join(", ") : "all categories"} in ${root}`;

/** MVTec AD and whatever is laid out like it. Source: Bergmann et al., CVPR 2019. */
export const mvtecLayout = defineAnomalySource({
  kind: "mvtec-layout",
  title: "Folder in MVTec layout",
  summary: "train/good, test/good, test/<defect>, ground_truth/<defect>/<name>_mask.png.",
  params: z.strictObject({ kind: z.literal("mvtec-layout").describe("MVTec layout"), root, categories }),
  describe,
});

/** BTAD (beanTech), which says ok and ko. Source: Mishra et al., ISIE 2021. */
export const btadLayout = defineAnomalySource({
  kind: "btad-layout",
  title: "Folder in BTAD layout",
  summary: "train/ok, test/ok, test/ko, ground_truth/ko/<name>.",
  params: z.strictObject({ kind: z.literal("btad-layout").describe("BTAD layout"), root, categories }),
  describe,
});
