import { DataError } from "../base/errors.ts";
import type { OnBadRecord, SkippedRecord } from "./dataset.ts";

/** Applies the user's choice to each bad record: throw it, or keep it in the list of skipped ones. */
export class BadRecords {
  readonly skipped: SkippedRecord[] = [];
  readonly #choice: OnBadRecord;

  constructor(choice: OnBadRecord) {
    this.#choice = choice;
  }

  /** @throws the error itself unless the user chose to skip. */
  report(error: DataError): void {
    if (this.#choice === "error") throw error;
    this.skipped.push({ where: error.where ?? "unknown place", code: error.code, reason: error.message });
  }
}

/** @throws DataError when a split has no usable record. */
export function requireRecords(count: number, where: string, skipped: number): void {
  if (count > 0) return;
  throw new DataError({
    code: "DATA_EMPTY",
    message: "The split has no usable question",
    expected: "at least one record",
    got: skipped > 0 ? `none (${skipped} records were skipped)` : "none",
    where,
    fix: skipped > 0 ? 'Set onBadRecord to "error" to see the first bad record.' : "Check the path and the file.",
  });
}
