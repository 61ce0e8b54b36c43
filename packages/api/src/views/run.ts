import { type Database, NotFoundError, type RunDetail, type RunQuery, type RunStageRow } from "@retort/db";
import type { Artifact } from "../contract/artifact.ts";
import type { Run, RunSummary } from "../contract/run.ts";
import type { Stage } from "../contract/stage.ts";
import { listArtifacts } from "./artifact.ts";
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
      headline: headlines.get(run.id) ?? null,
    })),
    nextCursor,
  };
}

/** @throws NotFoundError */
export async function findRun(db: Database, runId: string): Promise<Run> {
  const row = await db.runs.get(runId);
  if (row === null) throw new NotFoundError("run", runId);
  return toRun(row, await listArtifacts(db, runId));
}

function toRun({ projectId, projectSlug, ...row }: RunDetail, artifacts: readonly Artifact[]): Run {
  return {
    ...row,
    project: { id: projectId, slug: projectSlug },
    headline: pickHeadline(row.recipe, row.evaluations),
    stages: row.stages.map((stage) => toStage(stage, artifacts)),
  };
}

function toStage({ needs, ...row }: RunStageRow, artifacts: readonly Artifact[]): Stage {
  return {
    ...row,
    title: stageTitle(row.kind),
    inputs: needs,
    artifacts: artifacts.filter(({ stageId }) => stageId === row.id),
  };
}
