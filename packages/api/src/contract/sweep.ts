import {
  type Json,
  type Objective,
  objective,
  type SearchInput,
  sweepStatuses,
  trialStatuses,
  type Watch,
  watch,
} from "@retort/core";
import { z } from "zod";
import { clock } from "./clock.ts";
import { failure } from "./failure.ts";
import { jsonObject } from "./json.ts";
import { projectSlug } from "./project.ts";
import { priority } from "./run.ts";
import { stageStatus } from "./stage.ts";

export const sweepStatus = z.enum(sweepStatuses);
export type SweepStatus = z.infer<typeof sweepStatus>;
export const trialStatus = z.enum(trialStatuses);
export type TrialStatus = z.infer<typeof trialStatus>;

/** Read by checkSearch() of core, whose refusals name the place and the way out; the type is for callers. */
const search = z.custom<SearchInput>((value) => typeof value === "object" && value !== null, "expected an object");

/** What a person, a file or a script asks for: a recipe, what to vary, what to look for, how much. */
export const sweepRequest = z.strictObject({
  project: projectSlug.optional().describe("Slug; may be left out while there is only one project"),
  name: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .optional()
    .describe("What lists call the sweep; the recipe's name by default"),
  recipe: z.string().min(1).describe("Name of the recipe"),
  params: jsonObject
    .default({})
    .describe("Parameters that all runs share, where they differ from the recipe's defaults"),
  search: search.describe(
    "What to vary (space), how to choose (sampler), what to stop early (pruner), how much (maxPoints)",
  ),
  objective: objective.optional().describe("What trials are compared by; the recipe's headline by default"),
  watch: watch.optional().describe("What the pruner looks at on the way; needed by pruners that judge curves"),
  maxConcurrentRuns: z
    .int()
    .min(1)
    .max(100_000)
    .nullable()
    .default(null)
    .describe("Trials under way at most; null: no limit, or 4 where the sampler learns from what has finished"),
  priority: priority.default(0).describe("Higher is sooner"),
});
export type SweepRequest = z.input<typeof sweepRequest>;

/** A point as tables show it: dotted path -> value. */
const jsonValue = z.custom<Json>((value) => value !== undefined, "expected a value");
const flatPoint = z.record(z.string(), jsonValue);
/** Name of each ablation -> the row that this point is: "without rdist". */
const labels = z.record(z.string(), z.string());

/** What a launch would do, before it does it. */
export const sweepPreview = z.object({
  recipe: z.string(),
  name: z.string(),
  /** Points of the search; each is run once a seed. */
  numPoints: z.number().int(),
  numSeeds: z.number().int(),
  numRuns: z.number().int(),
  /** Over all runs, as if nothing were shared. */
  numStages: z.number().int(),
  /** Different content keys. */
  uniqueStages: z.number().int(),
  /** Of the unique ones: asked for by more than one run. */
  sharedStages: z.number().int(),
  /** Of the unique ones: finished by an earlier launch, so not executed again. */
  finishedStages: z.number().int(),
  toExecute: z.number().int(),
  /** False when the sweep is too large, or its points depend on results: the counts are of the runs that were planned. */
  complete: z.boolean(),
  plannedRuns: z.number().int(),
  estimate: z.object({
    /** Time of all stages to execute, one after the other; null without history. */
    deviceSeconds: z.number().nullable(),
    /** The same on the workers that are online. */
    wallSeconds: z.number().nullable(),
    /** What the estimate rests on, or why there is none. */
    basis: z.string(),
  }),
  /** Paths of the parameters that vary, in the order of the space. */
  columns: z.array(z.string()),
  points: z.array(z.object({ trial: z.number().int(), point: flatPoint, labels })).describe("the first ones"),
  warnings: z.array(z.string()),
});
export type SweepPreview = z.infer<typeof sweepPreview>;

export const trialCounts = z.object({
  pending: z.number().int(),
  running: z.number().int(),
  paused: z.number().int(),
  succeeded: z.number().int(),
  failed: z.number().int(),
  cancelled: z.number().int(),
  pruned: z.number().int(),
});
export type TrialCounts = z.infer<typeof trialCounts>;

/** The best point so far, its seeds taken together. */
export const bestPoint = z.object({
  point: flatPoint,
  labels,
  mean: z.number(),
  /** Sample standard deviation over seeds; null for fewer than two. */
  std: z.number().nullable(),
  /** Seeds that have a value. Points with all seeds go before others. */
  n: z.number().int(),
  trials: z.array(z.number().int()),
  runIds: z.array(z.string()),
});

export const sweepSummary = z.object({
  id: z.string(),
  project: z.object({ id: z.string(), slug: z.string() }),
  name: z.string(),
  recipe: z.string(),
  status: sweepStatus,
  /** Why it failed or was stopped; null while all is well. */
  error: failure.nullable(),
  sampler: z.string(),
  pruner: z.string(),
  objective: z.object({
    metric: z.string(),
    label: z.string(),
    unit: z.enum(["fraction", "points"]),
    mode: z.enum(["max", "min"]),
  }),
  /** Trials there will be in the end; null when only the search will tell. */
  numTrials: z.number().int().nullable(),
  counts: trialCounts,
  best: bestPoint.nullable(),
  /** Time that attempts of its stages took, in seconds; a stage that sweeps share counts for the one that asked first. */
  deviceSeconds: z.number(),
  /** Time of finished stages that its runs were given and that nobody had to spend again, in seconds. */
  savedSeconds: z.number(),
  /** Null before a stage of each kind has finished, and while the sweep is paused. */
  secondsLeft: z.number().nullable(),
  createdAt: z.date(),
  finishedAt: z.date().nullable(),
  clock,
});
export type SweepSummary = z.infer<typeof sweepSummary>;

export const sweep = sweepSummary.extend({
  params: jsonObject,
  /** Complete: space, sampler, pruner, mode, seed, maxPoints. */
  search: jsonObject,
  watch: z.custom<Watch>().nullable(),
  objectiveSpec: z.custom<Objective>(),
  maxConcurrentRuns: z.number().int().nullable(),
  priority: z.number().int(),
  seeds: z.array(z.number().int()),
  /** Paths of the parameters that vary, in the order of the space. */
  columns: z.array(z.string()),
  stages: z.object({
    /** Over all runs, as if nothing were shared. */
    asked: z.number().int(),
    unique: z.number().int(),
    /** Unique ones asked for by more than one run of the sweep. */
    shared: z.number().int(),
    /** Unique ones that an earlier launch had asked for. */
    reused: z.number().int(),
    finished: z.number().int(),
  }),
  /** Why ready stages of the sweep do not start, each with the number of stages. */
  waiting: z.array(z.object({ reason: z.string(), numStages: z.number().int() })),
  /** What looks like a mistake in how it was asked for, such as a metric that no trial has. */
  warnings: z.array(z.string()),
});
export type Sweep = z.infer<typeof sweep>;

export const trial = z.object({
  trial: z.number().int(),
  point: flatPoint,
  labels,
  seed: z.number().int(),
  /** Null when the recipe refused the point. */
  runId: z.string().nullable(),
  status: trialStatus,
  value: z.number().nullable(),
  /** Step at which it was stopped or paused. */
  stoppedAtStep: z.number().int().nullable(),
  /** Why it was pruned, paused or refused. */
  reason: z.string().nullable(),
  failure: failure.nullable(),
  /** Trial and step whose checkpoint it went on from, in population-based training. */
  origin: z.object({ trial: z.number().int(), step: z.number().int() }).nullable(),
  /** Newest value of what is watched. */
  watched: z.object({ step: z.number().int(), value: z.number() }).nullable(),
  createdAt: z.date(),
  startedAt: z.date().nullable(),
  finishedAt: z.date().nullable(),
  /** Null before it has started. */
  clock: clock.nullable(),
});
export type Trial = z.infer<typeof trial>;

export const trialPage = z.object({
  columns: z.array(z.string()),
  trials: z.array(trial),
  total: z.number().int(),
});

const stageCounts = z.partialRecord(stageStatus, z.number().int());

/** The stages of all runs, equal ones drawn once; many alike are one node. */
export const sweepDag = z.object({
  nodes: z.array(
    z.object({
      id: z.string(),
      /** Name within the runs: "sft". */
      name: z.string(),
      kind: z.string(),
      title: z.string(),
      /** Content key of the one stage, null for a group. */
      contentKey: z.string().nullable(),
      stageId: z.string().nullable(),
      /** Unique stages in the node. */
      numStages: z.number().int(),
      /** Runs of the sweep that ask for them. */
      numRuns: z.number().int(),
      /** More than one run asks for it. */
      shared: z.boolean(),
      /** Stages that an earlier launch had asked for. */
      numReused: z.number().int(),
      statuses: stageCounts,
      deviceSeconds: z.number(),
      /** Depth in the graph, 0 for those without inputs: for layered drawing. */
      layer: z.number().int(),
    }),
  ),
  /** From the stage that gives to the one that takes. */
  edges: z.array(z.object({ from: z.string(), to: z.string(), numStages: z.number().int() })),
});
export type SweepDag = z.infer<typeof sweepDag>;

/** One value of a parameter, or a range of a continuous one. */
const parameterValue = z.object({
  value: jsonValue,
  /** For tables: "0.001", "0.001 to 0.01", "without rdist". */
  label: z.string(),
  /** Trials with it. */
  n: z.number().int(),
});

export const sweepFailures = z.array(
  z.object({
    parameter: z.string(),
    values: z.array(
      parameterValue.extend({
        succeeded: z.number().int(),
        failed: z.number().int(),
        pruned: z.number().int(),
        /** Kind of failure -> trials. */
        kinds: z.record(z.string(), z.number().int()),
      }),
    ),
  }),
);
export type SweepFailures = z.infer<typeof sweepFailures>;

export const sweepImportance = z.array(
  z.object({
    parameter: z.string(),
    /** Share of the objective's variance between trials that this parameter's values alone explain (eta squared); null for too few. */
    explained: z.number().nullable(),
    values: z.array(
      parameterValue.extend({
        /** Over the trials that have a value. */
        numMeasured: z.number().int(),
        mean: z.number().nullable(),
        std: z.number().nullable(),
        best: z.number().nullable(),
      }),
    ),
  }),
);
export type SweepImportance = z.infer<typeof sweepImportance>;

export const sweepExport = z.object({
  sweep,
  rows: z.array(
    trial.extend({
      /** Metrics of all evaluations: "evaluate/full/vqaAccuracy" (stage, condition, metric). */
      metrics: z.record(z.string(), z.number()),
      deviceSeconds: z.number(),
      configKey: z.string().nullable(),
      /** Name of each stage -> its content key. */
      contentKeys: z.record(z.string(), z.string()),
    }),
  ),
  /** The same rows, RFC 4180. */
  csv: z.string(),
});
export type SweepExport = z.infer<typeof sweepExport>;
