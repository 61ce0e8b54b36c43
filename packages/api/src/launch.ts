import { dataKey, type PlannedStage, parseRun, planRun, requiredData, type StageStatus } from "@retort/core";
import { fingerprintDataset } from "@retort/core/node";
import type { Database } from "@retort/db";
import type { z } from "zod";
import type { launchRequest, RunPreview, runRequest } from "./contract/run.ts";
import { completeParams, findRecipe } from "./parameters.ts";
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
 * @throws SpecError for an unknown project or recipe and for wrong parameters, DataError for a data set that is not there
 */
export async function launchRuns(db: Database, request: z.output<typeof launchRequest>): Promise<string[]> {
  const project = await findProject(db, request.project);
  const planned = await planRuns(request, project.isIsolated ? project.id : undefined);
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
export async function previewRuns(db: Database, request: z.output<typeof runRequest>): Promise<RunPreview> {
  const planned = await planRuns(request);
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

async function planRuns({ recipe, params, seeds }: z.output<typeof runRequest>, scope?: string): Promise<PlannedRun[]> {
  const complete = completeParams(findRecipe(recipe), params);
  const fingerprints = new Map<string, string>();
  for (const seed of new Set(seeds)) {
    for (const reference of requiredData({ recipe, params: complete, seed })) {
      const key = dataKey(reference);
      if (!fingerprints.has(key)) fingerprints.set(key, await fingerprintDataset(reference));
    }
  }
  return [...new Set(seeds)].map((seed) => {
    const request = { recipe, params: complete, seed };
    const { configKey, params: stored } = parseRun(request);
    return { seed, configKey, params: stored, stages: planRun({ ...request, fingerprints, scope }) };
  });
}

function sourcesOf(stage: PlannedStage, all: readonly PlannedStage[]): string[] {
  const sources = new Set(stage.inputs.map((input) => input.sourceContentKey));
  return all.filter((other) => sources.has(other.contentKey)).map((other) => other.name);
}
