import { learnFacts, type PlanFacts, type PlannedStage, parseRun, planRun, type StageStatus } from "@retort/core";
import type { Database, TakingProject } from "@retort/db";
import type { z } from "zod";
import type { launchRequest, previewRequest, RunPreview, runRequest } from "./contract/run.ts";
import { completeParams, findRecipe } from "./parameters.ts";
import { planSources, scopeOf } from "./plan-sources.ts";
import { findProject } from "./views/project.ts";
import { stageTitle } from "./views/stage-title.ts";

interface PlannedRun {
  seed: number;
  configKey: string;
  params: Record<string, unknown>;
  stages: PlannedStage[];
}

/**
 * Creates one run a seed; equal stages become one, finished ones are reused.
 * @returns the runs' ids in the order of the seeds
 * @throws SpecError for an unknown project or recipe, for wrong parameters and for a stage of an earlier run that cannot be taken,
 * DataError for a data set that is not there
 */
export async function launchRuns(db: Database, request: z.output<typeof launchRequest>): Promise<string[]> {
  const project = await findProject(db, request.project);
  const planned = await planRuns(db, request, project);
  const runIds: string[] = [];
  for (const { seed, configKey, params, stages } of planned) {
    const name = request.name ?? request.recipe;
    const { id } = await db.runs.create({
      projectId: project.id,
      recipe: request.recipe,
      params,
      seed,
      name: planned.length === 1 ? name : `${name} (seed ${seed})`,
      configKey,
      stages,
      priority: request.priority,
    });
    runIds.push(id);
  }
  return runIds;
}

/** What launchRuns() would do with the same request. */
export async function previewRuns(db: Database, request: z.output<typeof previewRequest>): Promise<RunPreview> {
  const project = request.project === undefined ? null : await findProject(db, request.project);
  const planned = await planRuns(db, request, project);
  const all = planned.flatMap((run) => run.stages.map((stage) => stage.contentKey));
  const timesAsked = new Map<string, number>();
  for (const key of all) timesAsked.set(key, (timesAsked.get(key) ?? 0) + 1);
  const existing = new Map<string, StageStatus>();
  for (const key of timesAsked.keys()) {
    const stage = await db.stages.byContentKey(key);
    if (stage !== null) existing.set(key, stage.status);
  }
  const reused = [...existing.values()].filter((status) => status === "succeeded").length;
  return {
    params: planned[0]!.params,
    runs: planned.map((run) => ({
      seed: run.seed,
      stages: run.stages.map((stage) => ({
        name: stage.name,
        kind: stage.kind,
        title: stageTitle(stage.kind),
        contentKey: stage.contentKey,
        inputs: sourcesOf(stage, run.stages),
        shared: timesAsked.get(stage.contentKey)! > 1,
        existing: existing.get(stage.contentKey) ?? null,
      })),
    })),
    totals: {
      runs: planned.length,
      stages: all.length,
      unique: timesAsked.size,
      toExecute: timesAsked.size - reused,
      reused,
    },
  };
}

async function planRuns(
  db: Database,
  { recipe, params, seeds }: z.output<typeof runRequest>,
  project: TakingProject | null,
): Promise<PlannedRun[]> {
  const complete = completeParams(findRecipe(recipe), params);
  const facts: PlanFacts = { fingerprints: new Map(), earlier: new Map() };
  const runs: PlannedRun[] = [];
  for (const seed of new Set(seeds)) {
    const request = { recipe, params: complete, seed };
    await learnFacts(request, facts, planSources(db, project));
    const { configKey, params: stored } = parseRun(request);
    runs.push({ seed, configKey, params: stored, stages: planRun({ ...request, ...facts, scope: scopeOf(project) }) });
  }
  return runs;
}

function sourcesOf(stage: PlannedStage, all: readonly PlannedStage[]): string[] {
  const sources = new Set(stage.inputs.map((input) => input.sourceContentKey));
  return all.filter((other) => sources.has(other.contentKey)).map((other) => other.name);
}
