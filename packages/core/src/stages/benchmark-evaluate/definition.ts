import { z } from "zod";
import { type BenchmarkReference, benchmarkNames, benchmarkReference } from "../../data/benchmarks/definitions.ts";
import { BENCHMARK_DATA } from "../../data/benchmarks/question.ts";
import { templateNames } from "../../data/conversation/templates.ts";
import { deviceParam, threadsParam } from "../resource-params.ts";
import type { StageDefinition } from "../stage.ts";

export const benchmarkEvaluateParams = z.strictObject({
  benchmarks: z
    .array(benchmarkReference)
    .min(1)
    .describe("Which benchmarks, and where their published files are on the worker's machine"),
  template: z
    .enum(templateNames)
    .default("bare")
    .describe("Frame of the prompt: the one that the model was trained with; chat is the tokenizer's own"),
  suffix: z
    .enum(["as-published", "none"])
    .default("as-published")
    .describe("Whether LLaVA's sentence about the form of the answer stands behind each question"),
  numNewTokens: z.int().min(1).max(2048).default(32).describe("Longest answer, in tokens"),
  batchSize: z.int().min(1).max(1024).default(16).describe("Questions decoded at once"),
  limit: z.int().min(0).default(0).describe("Only the first so many questions of each benchmark; 0 for all"),
  numSampleImages: z.int().min(0).max(10_000).default(50).describe("Pictures kept for the page of samples"),
  threads: threadsParam(2),
  device: deviceParam,
});

export type BenchmarkEvaluateParams = z.infer<typeof benchmarkEvaluateParams>;

/** Asks a model the questions of published benchmarks, scores the answers by their rules, and writes what their servers want. */
export const benchmarkEvaluate: StageDefinition<BenchmarkEvaluateParams> = {
  kind: "benchmark-evaluate",
  version: 2,
  title: "Benchmarks",
  params: benchmarkEvaluateParams,
  inputs: { model: { description: "A model in the LLaVA layout, as training or import leaves it" } },
  outputs: {
    answers: { description: "JSON lines: every question's prompt and the model's answer" },
    ...Object.fromEntries(
      benchmarkNames.map((name) => [
        `submission-${name}`,
        { description: `What the server of ${name} wants to be sent`, optional: true as const },
      ]),
    ),
  },
  resources: ({ device, threads }) => ({ device, threads, memoryBytes: 4 * 2 ** 30 }),
  data: ({ benchmarks }) => ({ adapter: BENCHMARK_DATA, params: { benchmarks: benchmarks as BenchmarkReference[] } }),
};
