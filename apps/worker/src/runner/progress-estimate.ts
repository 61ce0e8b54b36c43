import type { StageProgress } from "@retort/db";
import type { DoneOfTotal } from "./messages.ts";

const windowMs = 60_000;

/** Time left from the pace of the last minute. What an earlier attempt did before a resume does not count as pace. */
export class ProgressEstimate {
  #marks: { atMs: number; done: number }[] = [];
  #last: DoneOfTotal | null = null;

  update(progress: DoneOfTotal, atMs: number): void {
    const isOther = this.#last !== null && (this.#last.unit !== progress.unit || this.#last.done > progress.done);
    if (isOther) this.#marks = [];
    this.#last = progress;
    this.#marks.push({ atMs, done: progress.done });
    while (this.#marks.length > 2 && this.#marks[1]!.atMs < atMs - windowMs) this.#marks.shift();
  }

  current(): StageProgress | undefined {
    const newest = this.#marks.at(-1);
    if (this.#last === null || newest === undefined) return undefined;
    return {
      ...this.#last,
      at: new Date(newest.atMs).toISOString(),
      secondsLeft: this.#secondsLeft(this.#last, newest),
    };
  }

  #secondsLeft({ done, total }: DoneOfTotal, newest: { atMs: number }): number | null {
    if (done >= total) return 0;
    const oldest = this.#marks[0]!;
    const seconds = (newest.atMs - oldest.atMs) / 1_000;
    const gained = done - oldest.done;
    return seconds <= 0 || gained <= 0 ? null : (total - done) / (gained / seconds);
  }
}
