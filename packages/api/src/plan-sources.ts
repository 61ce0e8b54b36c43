import { type PlanSources, parseRun, type RunRequest } from "@retort/core";
import { fingerprintDataset } from "@retort/core/node";
import type { Database, TakingProject } from "@retort/db";

/** Where plans learn what they have to be told; project null while nobody has said which one takes the runs. */
export function planSources(db: Database, project: TakingProject | null): PlanSources {
  return {
    fingerprint: fingerprintDataset,
    earlierStage: (stage) => db.stages.ofEarlierRun(stage, project),
  };
}

/** Refuses what all runs of a sweep would be refused for, before there is one. @throws SpecError as Stages.ofEarlierRun() */
export async function requireEarlierStages(db: Database, request: RunRequest, project: TakingProject): Promise<void> {
  for (const stage of parseRun(request).earlier) await db.stages.ofEarlierRun(stage, project);
}

/** What keeps the stages of an isolated project apart. */
export function scopeOf(project: TakingProject | null): string | undefined {
  return project?.isIsolated ? project.id : undefined;
}
