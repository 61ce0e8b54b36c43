import { diffKeyParts, type KeyParts } from "@retort/core";
import { type Database, type MetricPoint, NotFoundError, type StageRow } from "@retort/db";
import type { LogLine, NearStage, Series } from "../contract/stage.ts";
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

/** How many stages of one kind are looked through for the nearest: the newest ones. */
const searchedStages = 500;

/**
 * Other stages of the same kind whose keys differ in the fewest parts: what a stage was nearly the same as, and why it was
 * not. Of equally near ones, those that have succeeded first.
 * @throws NotFoundError
 */
export async function nearestStages(
  db: Database,
  { stageId, limit }: { stageId: string; limit: number },
): Promise<NearStage[]> {
  const stage = await findStage(db, stageId);
  const others = await db.prisma.stage.findMany({
    where: { kind: stage.kind, id: { not: stageId } },
    select: {
      id: true,
      keyParts: true,
      status: true,
      createdAt: true,
      runs: { select: { name: true, run: { select: { id: true, name: true } } }, orderBy: { runId: "desc" }, take: 1 },
    },
    orderBy: { id: "desc" },
    take: searchedStages,
  });
  return others
    .map(({ keyParts, runs: [use], id, ...other }) => ({
      ...other,
      stageId: id,
      stageName: use?.name ?? stage.kind,
      run: use?.run ?? null,
      differences: diffKeyParts(stage.keyParts as unknown as KeyParts, keyParts as unknown as KeyParts),
    }))
    .sort((a, b) => a.differences.length - b.differences.length || rank(a) - rank(b))
    .slice(0, limit);
}

function rank({ status }: Pick<NearStage, "status">): number {
  return Number(status !== "succeeded");
}

/** @throws NotFoundError */
export async function explainStage(db: Database, stageId: string): Promise<StageExplanation> {
  const { contentKey, keyParts } = await findStage(db, stageId);
  return { contentKey, keyParts, usedBy: await db.stages.usedBy(stageId) };
}
