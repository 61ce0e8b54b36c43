import { z } from "zod";
import { defineDataset } from "../dataset.ts";

export const sceneColors = ["red", "green", "blue", "yellow", "purple", "orange", "teal", "pink"] as const;
export const sceneShapes = ["circle", "square", "triangle", "cross", "ring"] as const;
export const sceneQuestionTypes = ["color", "shape", "existence", "count", "relation"] as const;

export type SceneColor = (typeof sceneColors)[number];
export type SceneShape = (typeof sceneShapes)[number];
export type SceneQuestionType = (typeof sceneQuestionTypes)[number];

export const scenesParams = z
  .strictObject({
    dataSeed: z
      .int()
      .nonnegative()
      .default(1)
      .describe("Seed of pictures, questions and annotators; not the run's seed"),
    numTrainImages: z.int().min(1).max(200_000).default(2000).describe("Pictures in the train split"),
    numTestImages: z.int().min(1).max(200_000).default(400).describe("Pictures in the test split"),
    imageSizePx: z.int().min(16).max(512).default(64).describe("Width and height of a picture in pixels"),
    minObjects: z.int().min(1).max(6).default(1).describe("Fewest shapes in a picture"),
    maxObjects: z.int().min(1).max(6).default(3).describe("Most shapes in a picture"),
    questions: z
      .array(z.enum(sceneQuestionTypes))
      .min(1)
      .default(["color", "shape", "existence"])
      .describe("Question types; count and relation (left of, above) are the hard ones"),
    questionsPerImage: z.int().min(1).max(20).default(4).describe("Most questions about one picture"),
    colors: z
      .array(z.enum(sceneColors))
      .min(2)
      .default([...sceneColors])
      .describe("Colours of the shapes"),
    shapes: z.array(z.enum(sceneShapes)).min(2).default(["circle", "square", "triangle"]).describe("Kinds of shapes"),
    background: z.enum(["plain", "textured", "mixed"]).default("mixed").describe("What the shapes stand on"),
    annotatorNoise: z
      .number()
      .min(0)
      .max(0.5)
      .default(0.05)
      .describe("Probability that one of the ten annotators gives a wrong answer; at most four of ten ever do"),
  })
  .superRefine((params, context) => {
    const fail = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message });
    if (params.minObjects > params.maxObjects) fail("minObjects", "minObjects is at most maxObjects");
    if (params.questions.includes("relation") && params.maxObjects < 2) {
      fail("maxObjects", "questions about relations need maxObjects of at least 2");
    }
    for (const field of ["questions", "colors", "shapes"] as const) {
      if (new Set<string>(params[field]).size < params[field].length) fail(field, "an entry is given twice");
    }
  });

export type ScenesParams = z.infer<typeof scenesParams>;

/** Built-in generated pictures with questions: a machine without any data set still trains and evaluates. */
export const scenes = defineDataset({
  name: "scenes",
  title: "Generated scenes",
  summary: "Coloured shapes drawn by the program itself, questions with ten annotators. Needs no files.",
  params: scenesParams,
  describe: (params) =>
    `${params.numTrainImages} + ${params.numTestImages} generated pictures, ${params.minObjects} to ${params.maxObjects} shapes, ` +
    `questions: ${params.questions.join(", ")}`,
});
