import { z } from "zod";
import { benchmarkReference } from "../data/benchmarks/definitions.ts";
import { benchmarkEvaluateParams } from "../stages/benchmark-evaluate/definition.ts";
import { stages as stageKinds } from "../stages/index.ts";
import { isEarlier, type RecipeStage, type StageDefinition, type StageSpec } from "../stages/stage.ts";
import { llavaKdPublished } from "./llava/published.ts";
import { llavaFiles } from "./llava-files.ts";
import { llavaKd } from "./llava-kd.ts";
import { llavaTeacher } from "./llava-teacher.ts";
import { quickstart } from "./quickstart.ts";
import type { RecipeDefinition } from "./recipe.ts";

/** Recipes that leave a model in the LLaVA layout. */
const sources = {
  quickstart,
  "llava-kd": llavaKd,
  "llava-teacher": llavaTeacher,
  "llava-files": llavaFiles,
} satisfies Record<string, RecipeDefinition>;
type Source = keyof typeof sources;
const sourceNames = Object.keys(sources) as [Source, ...Source[]];

const { benchmarks, ...evaluation } = benchmarkEvaluateParams.shape;

const benchmarksParams = z
  .strictObject({
    recipe: z.enum(sourceNames).default("quickstart").describe("Recipe of the run whose model is evaluated"),
    params: z
      .record(z.string(), z.unknown())
      .default({})
      .describe("That run's parameters, as its page shows them; what it has finished is not done again"),
    stage: z
      .string()
      .nullable()
      .default(null)
      .describe("Stage whose model is evaluated; null for the last that leaves one"),
    benchmarks: z.array(benchmarkReference).default([]).describe(benchmarks.description!),
    ...evaluation,
  })
  .superRefine(({ recipe, params }, context) => {
    const parsed = sources[recipe].params.safeParse(params);
    for (const issue of parsed.error?.issues ?? []) {
      context.addIssue({ code: "custom", path: ["params", ...issue.path], message: issue.message });
    }
  });

type BenchmarksParams = z.output<typeof benchmarksParams>;

/** The model of an earlier run on published benchmarks: its stages are named again, so their results are found and not made. */
export const benchmarksOfRun = {
  name: "benchmarks",
  title: "Benchmarks of a run",
  summary:
    "Takes the model of an earlier run (named by recipe and parameters, launched with the same seed; finished stages answer at once) and scores it on the " +
    "published benchmarks whose files you name. Where the files hold no answers, it leaves what the server wants to be sent.",
  params: benchmarksParams,
  headline: { metric: "benchmarkScore", label: "Benchmark score", unit: "fraction", higherIsBetter: true },
  published: llavaKdPublished,
  stages({ recipe, params, stage, ...asked }: BenchmarksParams, seed: number): RecipeStage[] {
    const source = sources[recipe] as RecipeDefinition;
    const planned = source
      .stages(source.params.parse(params), seed)
      .map((each) => (isEarlier(each) ? { ...each, param: `params.${each.param}` } : each));
    const named = stage ?? planned.filter(leavesModel).at(-1)?.name ?? "";
    const needed = ancestors(planned, named);
    if (asked.benchmarks.length === 0) return needed;
    const evaluate: StageSpec = {
      name: "benchmarks",
      kind: "benchmark-evaluate",
      params: asked,
      inputs: { model: { stage: named, artifact: "model" } },
      seed: 0,
    };
    return [...needed, evaluate];
  },
} satisfies RecipeDefinition<BenchmarksParams>;

function leavesModel(stage: RecipeStage): boolean {
  if (isEarlier(stage)) return stage.artifact === "model";
  const kinds: Readonly<Record<string, StageDefinition>> = stageKinds as never;
  return Object.hasOwn(kinds[stage.kind]?.outputs ?? {}, "model");
}

/** The stage and those that it needs, in the plan's order. */
function ancestors(planned: readonly RecipeStage[], name: string): RecipeStage[] {
  const needed = new Set<string>();
  const visit = (stage: string) => {
    if (needed.has(stage)) return;
    needed.add(stage);
    const spec = planned.find((each) => each.name === stage);
    if (spec === undefined || isEarlier(spec)) return;
    for (const input of Object.values(spec.inputs)) visit(input.stage);
  };
  visit(name);
  return planned.filter((each) => needed.has(each.name));
}
