import { isFinished, SpecError } from "@retort/core";
import type { Database, MetricCursor } from "@retort/db";
import type { StageEvent } from "../contract/stage.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import { findStage } from "../views/stage.ts";
import { changes } from "./changes.ts";

export interface StageEventsOptions {
  stageId: string;
  cursor?: string | undefined;
  afterSeq?: number | undefined;
  /** Id of the last event that arrived, after a broken connection: stands above cursor and afterSeq. */
  lastEventId?: string | null | undefined;
  signal: AbortSignal;
}

/** How far the reader has come: no log lines yet is -1. */
interface Position {
  metrics: MetricCursor | null;
  seq: number;
}

const maxLines = 1000;

/**
 * What happens to a stage, from a position on, until it has finished. Rows are read by cursor, so that nothing is lost
 * or told twice however often the connection breaks.
 * @throws NotFoundError, SpecError for a position that was not ours
 */
export async function* stageEvents(
  db: Database,
  options: StageEventsOptions,
): AsyncGenerator<{ id: string; event: StageEvent }> {
  const { stageId, signal } = options;
  let position = startOf(options);
  let told = "";
  const isRelevant = ({ type, id }: { type: string; id: string }) =>
    (type === "stage" || type === "report") && id === stageId;
  for await (const _ of changes({ events: db.events, isRelevant, signal })) {
    let isBehind = true;
    while (isBehind && !signal.aborted) {
      const next = await readEvent(db, stageId, position);
      const { points, logs, rolledBackTo, ...state } = next.event;
      const news = JSON.stringify(state);
      const hasNews = points.length > 0 || logs.length > 0 || rolledBackTo !== null || news !== told;
      isBehind = next.isBehind;
      position = next.position;
      told = news;
      if (hasNews) yield { id: encodePosition(position), event: next.event };
      if (!isBehind && isFinished(state.status)) return;
    }
  }
}

async function readEvent(
  db: Database,
  stageId: string,
  position: Position,
): Promise<{ event: StageEvent; position: Position; isBehind: boolean }> {
  // The state first: a stage that was finished then has written everything that is read below.
  const stage = await findStage(db, stageId);
  const metrics = await db.metrics.after({ stageId, cursor: position.metrics });
  const logs = await db.logs.list({ stageId, afterSeq: position.seq, limit: maxLines });
  const { status, attempt, progress, waitingReason, failure } = stage;
  const { points, rolledBackTo } = metrics;
  return {
    event: { stageId, status, attempt, progress, waitingReason, failure, rolledBackTo, points, logs },
    position: { metrics: metrics.cursor, seq: logs.at(-1)?.seq ?? position.seq },
    isBehind: metrics.hasMore || logs.length === maxLines,
  };
}

function startOf({ cursor, afterSeq, lastEventId }: StageEventsOptions): Position {
  if (lastEventId) return decodePosition(lastEventId);
  return { metrics: cursor === undefined ? null : decodeCursor(cursor), seq: afterSeq ?? -1 };
}

function encodePosition({ metrics, seq }: Position): string {
  return `${seq}.${metrics === null ? "" : encodeCursor(metrics)}`;
}

function decodePosition(text: string): Position {
  const [, seq, metrics] = /^(-?\d+)\.(.*)$/.exec(text) ?? [];
  if (seq === undefined) throw new SpecError({ code: "BAD_CURSOR", message: "This is not an event's id", got: text });
  return { seq: Number(seq), metrics: metrics ? decodeCursor(metrics) : null };
}
