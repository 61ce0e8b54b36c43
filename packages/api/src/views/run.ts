import { type Database, NotFoundError, type RunQuery, type RunStageRow } from "@retort/db";
import type { Artifact } from "../contract/artifact.ts";
import type { Run, RunSummary, StageDifference } from "../contract/run.ts";
import type { Stage } from "../contract/stage.ts";
import { listArtifacts } from "./artifact.ts";
import { clockOf } from "./clock.ts";
import { pickHeadline, readHeadlines } from "./headline.ts";
import { stageTitle } from "./stage-title.ts";

export async function listRuns(
  db: Database,
  query: RunQuery,
): Promise<{ runs: RunSummary[]; nextCursor: string | null }> {
  const { runs, nextCursor } = await db.runs.list(query);
  const headlines = await readHeadlines(db, runs);
  return {
    runs: runs.map(({ projectId, projectSlug, ...run }) => ({
      ...run,
      project: { id: projectId, slug: projectSlug },
      clock: clockOf(run),
      headline: headlines.get(run.id) ?? null,
    })),
    nextCursor,
  };
}

/** @throws NotFoundError */
export async function compareRuns(db: Database, runId: string, otherId: string): Promise<StageDifference[]> {
  for (const id of [runId, otherId]) if ((await db.runs.get(id)) === null) throw new NotFoundError("run", id);
  return (await db.runs.compare(runId, otherId)).map((stage) => ({
    ...stage,
    isEqual:
      stage.status === "succeeded" &&
      stage.otherStatus === "succeeded" &&
      stage.artifacts.length + stage.metrics.length + stage.evaluations.length === 0,
  }));
}

/** @throws NotFoundError */
export async function findRun(db: Database, runId: string): Promise<Run> {
  const row = await db.runs.get(runId);
  if (row === null) throw new NotFoundError("run", runId);
  const [artifacts, cost, stageCosts] = await Promise.all([
    listArtifacts(db, runId),
    db.costs.ofRun(runId),
    db.costs.ofStages(row.stages.map(({ id }) => id)),
  ]);
  const { projectId, projectSlug, ...run } = row;
  return {
    ...run,
    project: { id: projectId, slug: projectSlug },
    clock: clockOf(run),
    headline: pickHeadline(run.recipe, run.evaluations),
    stages: run.stages.map((stage) => toStage(stage, { artifacts, deviceSeconds: stageCosts.get(stage.id) ?? 0 })),
    cost,
  };
}

function toStage(
  { needs, ...row }: RunStageRow,
  { artifacts, deviceSeconds }: { artifacts: readonly Artifact[]; deviceSeconds: number },
): Stage {
  return {
    ...row,
    deviceSeconds,
    title: stageTitle(row.kind),
    inputs: needs,
    artifacts: artifacts.filter(({ stageId }) => stageId === row.id),
  };
}
