import { z } from "zod";
import { defineAnomalySource } from "../source.ts";
import { defectKinds, surfaceNames } from "./names.ts";

export const industrialParams = z.strictObject({
  kind: z.literal("industrial").describe("Generated industrial surfaces"),
  categories: z
    .array(z.enum(surfaceNames))
    .min(1)
    .default(["woven-fabric", "perforated-metal"])
    .describe("What is drawn"),
  defects: z
    .array(z.enum(defectKinds))
    .min(1)
    .default([...defectKinds])
    .describe("Kinds of defects in the test pictures, in turn"),
  imageSizePx: z.int().min(32).max(1024).default(128).describe("Width and height of a picture in pixels"),
  numTrainImages: z.int().min(1).max(100_000).default(80).describe("Good pictures to learn from, per category"),
  numTestGood: z.int().min(1).max(100_000).default(20).describe("Good test pictures, per category"),
  numTestAnomalous: z.int().min(1).max(100_000).default(40).describe("Test pictures with a defect, per category"),
  dataSeed: z.int().nonnegative().default(1).describe("Seed of the pictures; not the run's seed"),
});

export type IndustrialParams = z.infer<typeof industrialParams>;

/** Built-in pictures: a machine without any data set still trains and finds defects. */
export const industrial = defineAnomalySource({
  kind: "industrial",
  title: "Generated industrial surfaces",
  summary:
    "Fabric, metal, print and more with scratches, spots, stains and missing parts, drawn by the program. Needs no files.",
  params: industrialParams,
  describe: ({ categories, numTrainImages, numTestGood, numTestAnomalous }) =>
    `generated ${categories.join(", ")}: ${numTrainImages} + ${numTestGood + numTestAnomalous} pictures each`,
});
