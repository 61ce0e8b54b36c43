import { parseRun, SpecError } from "@retort/core";
import {
  type Database,
  NotFoundError,
  type RunDetail,
  type RunListItem,
  type RunQuery,
  type RunStageRow,
} from "@retort/db";
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
  return { runs: await summarizeRuns(db, runs), nextCursor };
}

export async function summarizeRuns(db: Database, runs: readonly RunListItem[]): Promise<RunSummary[]> {
  const headlines = await readHeadlines(db, runs);
  return runs.map(({ projectId, projectSlug, ...run }) => ({
    ...run,
    project: { id: projectId, slug: projectSlug },
    clock: clockOf(run),
    headline: headlines.get(run.id) ?? null,
  }));
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
  const [artifacts, cost, stageCosts, earlier] = await Promise.all([
    listArtifacts(db, runId),
    db.costs.ofRun(runId),
    db.costs.ofStages(row.stages.map(({ id }) => id)),
    earlierRuns(db, row),
  ]);
  const { projectId, projectSlug, ...run } = row;
  return {
    ...run,
    project: { id: projectId, slug: projectSlug },
    clock: clockOf(run),
    headline: pickHeadline(run.recipe, run.evaluations),
    stages: run.stages.map((stage) =>
      toStage(stage, {
        artifacts,
        deviceSeconds: stageCosts.get(stage.id) ?? 0,
        earlier: earlier.get(stage.name) ?? null,
      }),
    ),
    cost,
  };
}

/** Where a run took stages from, by their names in it. */
async function earlierRuns(db: Database, run: RunDetail): Promise<Map<string, NonNullable<Stage["earlier"]>>> {
  const named = earlierStages(run);
  if (named.length === 0) return new Map();
  const runs = await db.prisma.run.findMany({
    where: { id: { in: named.map((stage) => stage.run) } },
    select: { id: true, name: true },
  });
  const names = new Map(runs.map(({ id, name }) => [id, name]));
  return new Map(named.map(({ name, run: id }) => [name, { runId: id, runName: names.get(id) ?? id }]));
}

/** Of a recipe or parameters that this version no longer has, nobody can tell. */
function earlierStages(run: RunDetail) {
  try {
    return parseRun(run).earlier;
  } catch (error) {
    if (error instanceof SpecError) return [];
    throw error;
  }
}

function toStage(
  { needs, ...row }: RunStageRow,
  {
    artifacts,
    deviceSeconds,
    earlier,
  }: { artifacts: readonly Artifact[]; deviceSeconds: number; earlier: Stage["earlier"] },
): Stage {
  return {
    ...row,
    deviceSeconds,
    earlier,
    title: stageTitle(row.kind),
    inputs: needs,
    artifacts: artifacts.filter(({ stageId }) => stageId === row.id),
  };
}
