import type { LogLevel } from "@retort/core";
import type { Fence } from "./fence.ts";

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
