import type { LogLevel } from "@retort/core";
import type { Pool } from "pg";
import { LostLeaseError } from "./errors.ts";
import { notifySql } from "./events.ts";
import { type Fence, fenceSql, fenceValues } from "./fence.ts";
import { storableText } from "./jsonb.ts";

export interface LogLineInput {
  /** 0, 1, 2 ... in its attempt: a line sent twice is stored once. */
  index: number;
  at: Date;
  level: LogLevel;
  message: string;
}

export interface LogLineRow {
  /** Orders the lines of a stage over all its attempts. */
  seq: number;
  attempt: number;
  at: Date;
  level: LogLevel;
  message: string;
}

export interface Logs {
  /** @throws LostLeaseError */
  append(fence: Fence, lines: readonly LogLineInput[]): Promise<void>;
  /** Lines after `afterSeq` (from the first when it is missing), oldest first; or the last `limit` lines with `tail`. */
  list(query: { stageId: string; afterSeq?: number; limit: number; tail?: boolean }): Promise<LogLineRow[]>;
}

const linesPerAttempt = 1_000_000_000;

export function logs(pool: Pool): Logs {
  return {
    async append(fence, lines) {
      const { rowCount } = await pool.query({
        name: "logs.append",
        text: `WITH ${fenceSql}, line AS (
          SELECT * FROM unnest($4::bigint[], $5::timestamptz[], $6::text[], $7::text[]) AS line (seq, at, level, message)
        ), written AS (
          INSERT INTO log_line (stage_id, seq, attempt, at, level, message)
          SELECT fence.id, seq, fence.attempt, at, level, message FROM fence, line ORDER BY seq
          ON CONFLICT DO NOTHING
        ) SELECT ${notifySql("report", "id")} FROM fence`,
        values: [
          ...fenceValues(fence),
          lines.map(({ index }) => fence.attempt * linesPerAttempt + index),
          lines.map(({ at }) => at),
          lines.map(({ level }) => level),
          lines.map(({ message }) => storableText(message)),
        ],
      });
      if (rowCount === 0) throw new LostLeaseError(fence);
    },
    async list({ stageId, afterSeq = -1, limit, tail = false }) {
      const { rows } = await pool.query<LogLineRow>(
        `SELECT seq, attempt, at, level, message FROM log_line
         WHERE stage_id = $1 AND seq > $2 ORDER BY seq ${tail ? "DESC" : "ASC"} LIMIT $3`,
        [stageId, afterSeq, limit],
      );
      return tail ? rows.reverse() : rows;
    },
  };
}
