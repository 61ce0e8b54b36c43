import { RetortError } from "@retort/engine";

/** Content that is missing or damaged, or a store that cannot be used. Codes MISSING, CORRUPT, BAD_SHA256, UNKNOWN_STORE, STORE_UNUSABLE, STORE_REFUSED, STORE_AWAY. */
export class StoreError extends RetortError {
  override name = "StoreError";
}

/** @throws StoreError BAD_SHA256: a name that is none could lead out of the store */
export function assertSha256(sha256: string): void {
  if (/^[0-9a-f]{64}$/.test(sha256)) return;
  throw new StoreError({
    code: "BAD_SHA256",
    message: "That is no content's name",
    expected: "64 hexadecimal digits",
    got: sha256.slice(0, 80),
  });
}

export function missing(sha256: string, where: string): StoreError {
  return new StoreError({ code: "MISSING", message: `The store has no content ${sha256}`, where });
}

export function corrupt(sha256: string, { got, where }: { got: string; where: string }): StoreError {
  return new StoreError({
    code: "CORRUPT",
    message: "Stored content is damaged",
    expected: `sha256 ${sha256}`,
    got: `sha256 ${got}`,
    where,
  });
}
