import { runStatuses } from "@retort/core";
import { z } from "zod";
import { clock } from "./clock.ts";
import { cost } from "./cost.ts";
import { evaluation } from "./evaluation.ts";
import { failure } from "./failure.ts";
import { jsonObject } from "./json.ts";
import { projectSlug } from "./project.ts";
import { headline } from "./recipe.ts";
import { measuredNumber, progress, stage, stageStatus } from "./stage.ts";

export const runStatus = z.enum(runStatuses);
export type { RunStatus } from "@retort/core";

/** The number that ranks a run, once an evaluation has measured it. */
export const headlineValue = headline.extend({ dataset: z.string(), split: z.string(), value: z.number() });

const runBase = z.object({
  id: z.string(),
  project: z.object({ id: z.string(), slug: z.string() }),
  recipe: z.string(),
  name: z.string(),
  seed: z.number(),
  params: jsonObject,
  /** Equal for runs that differ by their seed only. */
  configKey: z.string(),
  status: runStatus,
  /** Higher is sooner. */
  priority: z.number().int(),
  /** Since when its stages are not taken; null when they are. */
  pausedAt: z.date().nullable(),
  error: failure.nullable(),
  /** Null until an evaluation of the full condition has measured it. */
  headline: headlineValue.nullable(),
  createdAt: z.date(),
  startedAt: z.date().nullable(),
  finishedAt: z.date().nullable(),
  /** Null before it has started. */
  clock: clock.nullable(),
});

/** One line of a run list. */
export const runSummary = runBase.extend({
  numStages: z.number().int(),
  numFinishedStages: z.number().int(),
  /** Stages that existed when the run was launched. */
  numReusedStages: z.number().int(),
  /** The stage that runs now. */
  current: z.object({ stageName: z.string(), progress: progress.nullable() }).nullable(),
  /** Newest value of each metric that was asked for. */
  metrics: z.record(z.string(), measuredNumber),
});
export type RunSummary = z.infer<typeof runSummary>;

/** A run with everything its page shows at first sight; stages in their order. */
export const run = runBase.extend({
  stages: z.array(stage),
  evaluations: z.array(evaluation),
  cost,
  /** The sweep that asked for it, and as which of its trials; null when a person did. */
  sweep: z.object({ id: z.string(), name: z.string(), trial: z.number().int() }).nullable(),
});
export type Run = z.infer<typeof run>;

export const seed = z
  .number()
  .int()
  .min(0)
  .max(2 ** 31 - 1);

/** What a person or a script asks for: a recipe, its parameters, one run a seed. */
export const runRequest = z.strictObject({
  recipe: z.string().min(1),
  /** Only what differs from the recipe's defaults need be given. */
  params: jsonObject.default({}),
  seeds: z.array(seed).min(1).max(1000).default([0]),
});

/** `project` decides what can be reused; left out it is not looked at. */
export const previewRequest = runRequest.extend({ project: projectSlug.optional() });

/** The range keeps sums and sorts of priorities far from where integers end. */
export const priority = z.number().int().min(-1000).max(1000);

export const launchRequest = runRequest.extend({
  priority: priority.default(0).describe("Higher is sooner"),
  /** Slug; may be left out while there is only one project. */
  project: projectSlug.optional(),
  name: z.string().trim().min(1).max(200).optional(),
});

/** How the results of one stage of two runs compare, bit by bit. */
export const stageDifference = z.object({
  name: z.string(),
  status: stageStatus,
  otherStatus: stageStatus,
  /** Both runs were given the same stage: there is nothing to compare. */
  isShared: z.boolean(),
  /** Both sides have succeeded and nothing differs. */
  isEqual: z.boolean(),
  numArtifacts: z.number().int(),
  /** Names of the files that differ or that one side lacks. */
  artifacts: z.array(z.string()),
  /** Metric points, times left out: they are no results. */
  numPoints: z.number().int(),
  metrics: z.array(z.object({ key: z.string(), firstStep: z.number().int(), numPoints: z.number().int() })),
  numEvaluations: z.number().int(),
  evaluations: z.array(z.string()),
});
export type StageDifference = z.infer<typeof stageDifference>;

/** What a launch would do, before it does it. */
export const runPreview = z.object({
  params: jsonObject,
  runs: z.array(
    z.object({
      seed: z.number(),
      stages: z.array(
        z.object({
          name: z.string(),
          kind: z.string(),
          title: z.string(),
          contentKey: z.string(),
          inputs: z.array(z.string()).describe("names of the stages whose artifacts it reads"),
          /** Another run of this launch asks for the same stage. */
          shared: z.boolean(),
          /** Status of the same stage from an earlier launch; null when it is new. */
          existing: stageStatus.nullable(),
        }),
      ),
    }),
  ),
  totals: z.object({
    runs: z.number(),
    stages: z.number().describe("over all runs, as if nothing were shared"),
    unique: z.number().describe("different content keys"),
    toExecute: z.number().describe("unique and not yet succeeded"),
    reused: z.number().describe("unique and already succeeded"),
  }),
});
export type RunPreview = z.infer<typeof runPreview>;
