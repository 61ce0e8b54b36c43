import type { BadRecords } from "../bad-records.ts";
import type { ImageSource } from "../dataset.ts";
import type { AnomalyImage } from "./anomaly-data.ts";

/** What a source holds, before anything in it has been opened. */
export interface ListedCategory {
  name: string;
  /** Where the category lies, for error messages. */
  where: string;
  /** Drawn when asked for, and right by construction: nothing to check, nothing to hash. */
  isGenerated: boolean;
  train: AnomalyImage[];
  test: ListedTestImage[];
}

export interface ListedTestImage extends AnomalyImage {
  defect: string;
  mask(): ImageSource | null;
  /** Known for generated pictures; null for files. */
  size: { width: number; height: number } | null;
}

/** The [node] half of a source. */
export interface AnomalySourceLoader<Params> {
  /** Raised when the same files or parameters would give other records. */
  version: number;
  /** @throws DataError with file for data that is not there; other faults go to `bad`. */
  list(params: Params, bad: BadRecords): Promise<ListedCategory[]>;
}
