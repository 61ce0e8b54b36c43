import { z } from "zod";
import { defineAnomalySource } from "./source.ts";

export const visaSplits = ["1cls", "2cls_fewshot", "2cls_highshot"] as const;

export const visaParams = z.strictObject({
  kind: z.literal("visa").describe("VisA"),
  root: z
    .string()
    .min(1)
    .describe("Folder that holds split_csv/ and the objects' folders, as it is unpacked, on the worker's machine"),
  split: z
    .enum(visaSplits)
    .default("1cls")
    .describe("Split table. Anomalous pictures in the train part of the 2cls tables are left alone: normals only"),
  categories: z.array(z.string().min(1)).default([]).describe("Objects by name; none named means all of them"),
});

export type VisaParams = z.infer<typeof visaParams>;

/** VisA. Source: Zou et al., ECCV 2022. */
export const visa = defineAnomalySource({
  kind: "visa",
  title: "VisA",
  summary: "12 objects, 9,621 normal and 1,200 anomalous pictures, read by its split tables from a local folder.",
  params: visaParams,
  describe: ({ root, split, categories }) =>
    `VisA ${split}, ${categories.length > 0 ? categories.join(", ") : "all objects"}, in ${root}`,
});
