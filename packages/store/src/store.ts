import type { Readable } from "node:stream";

export interface StoredContent {
  /** Hex, lower case. */
  sha256: string;
  sizeBytes: number;
}

/** Files by the sha256 of their content. Content never changes: equal content is stored once, whoever puts it. */
export interface Store {
  /** Atomic: the content is there whole and safe when it resolves, or not at all. */
  put(content: { path: string } | Uint8Array): Promise<StoredContent>;
  /** Stream that fails with CORRUPT at its end when the content is not what its name says. @throws StoreError MISSING */
  get(sha256: string): Promise<Readable>;
  /** Writes the checked content to the path; on any failure the path is as it was. @throws StoreError MISSING, CORRUPT */
  fetchTo(sha256: string, path: string): Promise<void>;
  has(sha256: string): Promise<boolean>;
  /** Does nothing when it is not there. */
  delete(sha256: string): Promise<void>;
  /** In no order. */
  list(): AsyncIterable<StoredContent>;
}
