import {
  columnsOf,
  countPoints,
  flatPoint,
  labelsOf,
  layoutOf,
  learnFacts,
  type NextTrials,
  nextTrials,
  type PlanFacts,
  type PlannedStage,
  planRun,
  type Search,
  SpecError,
  type WantedTrial,
  withPoint,
} from "@retort/core";
import { type Database, type TakingProject, waitingReason } from "@retort/db";
import type { z } from "zod";
import type { SweepPreview, sweepRequest } from "../contract/sweep.ts";
import { planSources, requireEarlierStages, scopeOf } from "../plan-sources.ts";
import { findProject } from "../views/project.ts";
import { estimateTime } from "./estimate.ts";
import { type CheckedSweep, readSweepRequest } from "./read-request.ts";

/** Runs that are planned for the counts; a larger sweep is previewed by its first ones. */
const maxPlanned = 2_000;
const numShown = 50;

/** What launchSweep() would do with the same request. @throws as launchSweep() */
export async function previewSweep(db: Database, request: z.output<typeof sweepRequest>): Promise<SweepPreview> {
  const project = await findProject(db, request.project);
  const sweep = readSweepRequest(request);
  const { search, recipe, params } = sweep;
  await requireEarlierStages(db, { recipe: recipe.name, params, seed: search.space.seeds[0]! }, project);
  const layout = layoutOf(search.space);
  const first = nextTrials({ search, layout, state: null, history: [], room: maxPlanned });
  const { runs, refusals } = await planTrials(db, { sweep, trials: first.trials, project });
  const stages = runs.flat();
  const unique = new Map(stages.map((stage) => [stage.contentKey, stage]));
  const timesAsked = new Map<string, number>();
  for (const { contentKey } of stages) timesAsked.set(contentKey, (timesAsked.get(contentKey) ?? 0) + 1);
  const statuses = await db.sweeps.statusByKey([...unique.keys()]);
  const toExecute = [...unique.values()].filter(({ contentKey }) => statuses.get(contentKey) !== "succeeded");
  const { numPoints, isExact } = countOf(search, first);
  const numSeeds = search.space.seeds.length;
  const learns = search.sampler.kind === "tpe" || search.population !== null;
  return {
    recipe: recipe.name,
    name: sweep.name,
    numPoints,
    numSeeds,
    numRuns: numPoints * numSeeds,
    numStages: stages.length,
    uniqueStages: unique.size,
    sharedStages: [...timesAsked.values()].filter((times) => times > 1).length,
    finishedStages: unique.size - toExecute.length,
    toExecute: toExecute.length,
    complete: first.done && !learns,
    plannedRuns: runs.length,
    estimate: await estimateTime(db, toExecute),
    columns: columnsOf(layout),
    points: pointsOf(first.trials).map(({ point }, trial) => ({
      trial: trial * numSeeds,
      point: flatPoint(point),
      labels: labelsOf(layout, point),
    })),
    warnings: [
      ...(learns ? ["Later points depend on results: those shown are what the search begins with."] : []),
      ...(isExact ? [] : [`There are more points than the ${numPoints} that were counted.`]),
      ...(first.done ? [] : [`The counts are of the first ${runs.length} runs.`]),
      ...copyWarnings(sweep, stages),
      ...refusals,
      ...(await waitingWarnings(db, toExecute)),
    ],
  };
}

/** A sampler that has nothing left to ask for has told all points there are, fewer perhaps than the budget. */
function countOf(search: Search, first: NextTrials): { numPoints: number; isExact: boolean } {
  const { maxPoints, sampler, space } = search;
  if (first.done) return { numPoints: new Set(first.trials.map(({ key }) => key)).size, isExact: true };
  if (sampler.kind !== "grid") return { numPoints: maxPoints ?? 0, isExact: true };
  const { count, complete } = countPoints(space);
  if (maxPoints !== null && count >= maxPoints) return { numPoints: maxPoints, isExact: true };
  return { numPoints: count, isExact: complete };
}

/** A population copies checkpoints: where they come less often than members are compared, most comparisons change nothing. */
function copyWarnings({ search: { population } }: CheckedSweep, stages: readonly PlannedStage[]): string[] {
  if (population === null) return [];
  const steps = stages.flatMap(({ params }) => checkpointSteps(params));
  if (steps.length === 0) return [];
  const often = Math.min(...steps);
  if (often <= population.everySteps) return [];
  return [
    `Members are compared every ${population.everySteps} steps and write a checkpoint, which is what is copied, every ${often}: ` +
      `set checkpointEverySteps to at most ${population.everySteps}, or compare less often.`,
  ];
}

/** Every value of a parameter of that name, wherever it stands in the stage's parameters. */
function checkpointSteps(params: unknown): number[] {
  if (typeof params !== "object" || params === null) return [];
  return Object.entries(params).flatMap(([name, value]) =>
    name === "checkpointEverySteps" && typeof value === "number" ? [value] : checkpointSteps(value),
  );
}

function pointsOf(trials: readonly WantedTrial[]): WantedTrial[] {
  return [...new Map(trials.map((trial) => [trial.key, trial])).values()].slice(0, numShown);
}

async function planTrials(
  db: Database,
  { sweep, trials, project }: { sweep: CheckedSweep; trials: readonly WantedTrial[]; project: TakingProject },
): Promise<{ runs: PlannedStage[][]; refusals: string[] }> {
  const { recipe, params: base } = sweep;
  const facts: PlanFacts = { fingerprints: new Map(), earlier: new Map() };
  const runs: PlannedStage[][] = [];
  const refused: string[] = [];
  for (const { point, seed } of trials) {
    const request = { recipe: recipe.name, params: withPoint(base, point), seed };
    try {
      await learnFacts(request, facts, planSources(db, project));
      runs.push(planRun({ ...request, ...facts, scope: scopeOf(project) }));
    } catch (error) {
      if (!(error instanceof SpecError)) throw error;
      refused.push(error.message);
    }
  }
  if (refused.length === trials.length && refused[0] !== undefined) {
    throw new SpecError({ code: "REFUSED_POINTS", message: `The recipe refuses every point: ${refused[0]}` });
  }
  const refusals =
    refused.length === 0 ? [] : [`The recipe refuses ${refused.length} points, for example: ${refused[0]}`];
  return { runs, refusals };
}

/** What no worker takes. */
async function waitingWarnings(db: Database, stages: readonly PlannedStage[]): Promise<string[]> {
  const workers = await db.workers.list();
  const reasons = new Map<string, number>();
  for (const { resources } of stages) {
    const reason = waitingReason(resources, workers);
    if (reason !== null) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  return [...reasons].map(([reason, count]) => `${count} stages will wait: ${reason}.`);
}
