export interface OutboxMessage {
  /** Unique for ever: also after the table was emptied, since it holds the stage's id. */
  jobId: string;
  id: string;
  job: string;
  payload: Record<string, unknown>;
}

export interface Outbox {
  /** Due messages, hidden from other takers for `leaseMs` (default 30 s): what is not marked sent by then comes again. */
  take(limit: number, leaseMs?: number): Promise<OutboxMessage[]>;
  markSent(ids: readonly string[]): Promise<void>;
  /** Milliseconds until the next message is due; null when there is none. */
  nextDueInMs(): Promise<number | null>;
  /** Deletes what was sent longer ago. */
  purge(options: { sentBeforeMs: number }): Promise<number>;
}
