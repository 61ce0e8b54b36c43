import { type Database, type MetricPoint, NotFoundError, type StageRow } from "@retort/db";
import type { LogLine, Series } from "../contract/stage.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";

/** @throws NotFoundError */
export async function findStage(db: Database, stageId: string): Promise<StageRow> {
  const stage = await db.stages.get(stageId);
  if (stage === null) throw new NotFoundError("stage", stageId);
  return stage;
}

/** @throws NotFoundError */
export async function listSeries(
  db: Database,
  query: { stageId: string; keys?: string[] | undefined; maxPoints: number },
): Promise<{ series: Series[]; cursor: string }> {
  // Read before the points: when an attempt takes points back in between, the cursor is the older one and live() tells.
  const { attempt } = await findStage(db, query.stageId);
  const byKey = await db.metrics.series(query);
  const series = Object.entries(byKey).map(([key, points]) => ({ key, points }));
  const steps = Object.fromEntries(series.map(({ key, points }) => [key, points.at(-1)?.step ?? -1]));
  return { series, cursor: encodeCursor({ attempt, steps }) };
}

/** @throws NotFoundError, SpecError for a cursor that was not ours */
export async function listPoints(
  db: Database,
  { stageId, cursor, limit }: { stageId: string; cursor?: string | null | undefined; limit: number },
): Promise<{ points: MetricPoint[]; cursor: string | null }> {
  await findStage(db, stageId);
  const after = await db.metrics.after({ stageId, cursor: cursor ? decodeCursor(cursor) : null, limit });
  return { points: after.points, cursor: after.hasMore ? encodeCursor(after.cursor) : null };
}

/** @throws NotFoundError */
export async function listLogs(
  db: Database,
  query: { stageId: string; afterSeq?: number | undefined; limit: number },
): Promise<{ lines: LogLine[] }> {
  await findStage(db, query.stageId);
  return { lines: await db.logs.list({ ...query, tail: query.afterSeq === undefined }) };
}

export interface StageExplanation {
  contentKey: string;
  keyParts: Record<string, unknown>;
  usedBy: { runId: string; runName: string; stageName: string; reused: boolean }[];
}

/** @throws NotFoundError */
export async function explainStage(db: Database, stageId: string): Promise<StageExplanation> {
  const { contentKey, keyParts } = await findStage(db, stageId);
  return { contentKey, keyParts, usedBy: await db.stages.usedBy(stageId) };
}
