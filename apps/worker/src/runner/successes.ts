import { type Database, LostLeaseError, type Success } from "@retort/db";
import type { Log } from "../log.ts";
import { persist } from "../persistence.ts";

const maxBatch = 200;

interface Waiting {
  success: Success;
  resolve(): void;
  reject(error: unknown): void;
}

/** Records that attempts succeeded. Those that end while others are being recorded share one transaction afterwards. */
export class Successes {
  readonly #db: Pick<Database, "stages">;
  readonly #log: Log;
  #waiting: Waiting[] = [];
  #isWriting = false;

  constructor({ db, log }: { db: Pick<Database, "stages">; log: Log }) {
    this.#db = db;
    this.#log = log;
  }

  /** Resolves when it is recorded. @throws LostLeaseError, or what kept it from being recorded */
  record(success: Success): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ success, resolve, reject });
      if (!this.#isWriting) void this.#write();
    });
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, maxBatch);
      try {
        const successes = batch.map(({ success }) => success);
        const options = { what: `Recording the success of ${batch.length} attempts`, log: this.#log };
        const lost = new Set(await persist(() => this.#db.stages.succeedMany(successes), options));
        for (const { success, resolve, reject } of batch) {
          if (lost.has(success.fence)) reject(new LostLeaseError(success.fence));
          else resolve();
        }
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#isWriting = false;
  }
}
