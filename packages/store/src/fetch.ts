import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import type { Store } from "./store.ts";

/** See Store.fetchTo: beside the path first, and there only once it is whole. */
export async function fetchTo(store: Pick<Store, "get">, sha256: string, path: string): Promise<void> {
  const partial = `${path}.${randomUUID()}.part`;
  try {
    await pipeline(await store.get(sha256), createWriteStream(partial, { flags: "wx" }));
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
