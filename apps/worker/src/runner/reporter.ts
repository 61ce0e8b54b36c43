import type { Database, Fence, LogLineInput } from "@retort/db";
import { RetortError } from "@retort/engine";
import type { Log } from "../log.ts";
import { persist } from "../persistence.ts";
import type { LogLine, MetricPoint } from "./messages.ts";

const gatherMs = 100;
const batchSize = 5_000;
const manyLines = 10_000;

/** What may wait for the database. A stage that reports faster than the database takes it, or during a long outage, is stopped. */
export const maxWaiting = { points: 500_000, lines: 100_000 };

export interface ReporterOptions {
  db: Pick<Database, "metrics" | "logs">;
  fence: Fence;
  log: Log;
  /** Called once, when what was reported cannot be stored: the lease is lost, the database refuses it, or too much waits. */
  onFailure(error: unknown): void;
}

/** Brings an attempt's metric points and log lines to the database: in order, in batches, again and again until they are there. */
export class Reporter {
  readonly #options: ReporterOptions;
  #points: MetricPoint[] = [];
  #lines: LogLineInput[] = [];
  #numLines = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #failure: { error: unknown } | null = null;
  readonly #closing = new AbortController();

  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  points(points: readonly MetricPoint[]): void {
    if (points.length === 0) return;
    for (const point of points) this.#points.push(point);
    this.#added();
  }

  /** @returns when many lines wait: what resolves once they are stored, for whoever can wait with the next */
  line({ at, level, message }: LogLine): Promise<void> | undefined {
    // PostgreSQL's text has no NUL.
    this.#lines.push({ index: this.#numLines++, at, level, message: message.replaceAll("\0", "\u2400") });
    this.#added();
    return this.#lines.length < manyLines ? undefined : this.flush().catch(() => {});
  }

  /** Resolves when everything reported so far is in the database. @throws what kept it from getting there */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    await this.#writing;
    if (this.#failure !== null) throw this.#failure.error;
  }

  /** Gives up waiting for a database that is away. */
  close(): void {
    clearTimeout(this.#timer);
    this.#closing.abort();
  }

  #added(): void {
    if (this.#failure !== null || this.#closing.signal.aborted) return;
    if (this.#points.length > maxWaiting.points || this.#lines.length > maxWaiting.lines) this.#fail(this.#tooMuch());
    else this.#timer ??= setTimeout(() => this.flush().catch(() => {}), gatherMs);
  }

  async #write(): Promise<void> {
    const { db, fence, log } = this.#options;
    const options = { log, signal: this.#closing.signal };
    try {
      while (this.#failure === null && (this.#points.length > 0 || this.#lines.length > 0)) {
        const points = this.#points.slice(0, batchSize);
        const lines = this.#lines.slice(0, batchSize);
        if (points.length > 0)
          await persist(() => db.metrics.write(fence, points), { what: "Writing metrics", ...options });
        this.#points = this.#points.slice(points.length);
        if (lines.length > 0)
          await persist(() => db.logs.append(fence, lines), { what: "Writing log lines", ...options });
        this.#lines = this.#lines.slice(lines.length);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#failure !== null) return;
    this.#failure = { error };
    this.#options.onFailure(error);
  }

  #tooMuch(): ReportsError {
    return new ReportsError({
      code: "REPORTS_BACKED_UP",
      message: "The attempt reported more than the database took",
      expected: `at most ${maxWaiting.points} points and ${maxWaiting.lines} log lines waiting`,
      got: `${this.#points.length} points and ${this.#lines.length} log lines`,
    });
  }
}

/** Reports that could not be stored; the attempt is stopped rather than its points dropped. */
export class ReportsError extends RetortError {
  override name = "ReportsError";
}
