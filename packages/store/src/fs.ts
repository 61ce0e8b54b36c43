import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream";
import { assertSha256, missing, StoreError } from "./errors.ts";
import { fetchTo } from "./fetch.ts";
import type { Store, StoredContent } from "./store.ts";
import { verify } from "./verify.ts";

const chunkBytes = 1 << 20;
/** A file in tmp/ that nobody has touched for so long was left by a process that died. */
const abandonedMs = 24 * 3_600_000;

/**
 * Store in a directory: <dir>/<first two digits>/<sha256>. What is being written stands in <dir>/tmp and is renamed when
 * it is safe, so several processes, also on several hosts of one shared file system, may use a directory at once.
 */
export function fsStore(dir: string): Store {
  const tmp = join(dir, "tmp");
  const pathOf = (sha256: string) => {
    assertSha256(sha256);
    return join(dir, sha256.slice(0, 2), sha256);
  };
  let isSwept = false;

  async function newTemporary(): Promise<{ path: string; file: FileHandle }> {
    try {
      if (!isSwept) {
        isSwept = true;
        await sweep(tmp);
      }
      const path = join(tmp, randomUUID());
      return { path, file: await inDirectory(tmp, () => open(path, "wx")) };
    } catch (cause) {
      throw new StoreError({
        ...{ code: "STORE_UNUSABLE", message: `The artifact store cannot be written: ${messageOf(cause)}`, where: dir },
        ...{ fix: "Make the directory writable, or set RETORT_STORE_URL to another.", cause },
      });
    }
  }

  return {
    async put(content) {
      const { path, file } = await newTemporary();
      try {
        const stored = await copyInto(file, content);
        const target = pathOf(stored.sha256);
        // Equal content may stand there, or be put by another at this moment: either replaces the other by the same bytes,
        // and a damaged file is repaired.
        await inDirectory(dirname(target), () => rename(path, target));
        await syncDirectory(dirname(target));
        return stored;
      } catch (error) {
        await rm(path, { force: true });
        throw error;
      }
    },
    async get(sha256) {
      const path = pathOf(sha256);
      let file: FileHandle;
      try {
        file = await open(path, "r");
      } catch (error) {
        throw codeOf(error) === "ENOENT" ? missing(sha256, path) : error;
      }
      // The checking stream carries the file's errors, and closes the file when its reader gives up.
      return pipeline(file.createReadStream({ highWaterMark: chunkBytes }), verify(sha256, path), () => {});
    },
    fetchTo(sha256, path) {
      return fetchTo(this, sha256, path);
    },
    async has(sha256) {
      try {
        return (await stat(pathOf(sha256))).isFile();
      } catch (error) {
        if (codeOf(error) === "ENOENT") return false;
        throw error;
      }
    },
    async delete(sha256) {
      await rm(pathOf(sha256), { force: true });
    },
    async *list() {
      for (const folder of await entries(dir)) {
        if (!/^[0-9a-f]{2}$/.test(folder)) continue;
        for (const sha256 of await entries(join(dir, folder))) {
          const info = await stat(join(dir, folder, sha256)).catch(() => null);
          if (info !== null && /^[0-9a-f]{64}$/.test(sha256)) yield { sha256, sizeBytes: info.size };
        }
      }
    },
  };
}

/** What is done in a directory that is made when it turns out to be missing: nearly always it is there. */
async function inDirectory<T>(dir: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    await mkdir(dir, { recursive: true });
    return act();
  }
}

/** Closes the file, its bytes on the disk. */
async function copyInto(file: FileHandle, content: { path: string } | Uint8Array): Promise<StoredContent> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  try {
    const source =
      content instanceof Uint8Array ? slices(content) : createReadStream(content.path, { highWaterMark: chunkBytes });
    for await (const chunk of source as AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
      hash.update(chunk);
      sizeBytes += chunk.byteLength;
      await file.writeFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { sha256: hash.digest("hex"), sizeBytes };
}

function* slices(bytes: Uint8Array): Iterable<Uint8Array> {
  for (let start = 0; start < bytes.byteLength; start += chunkBytes) yield bytes.subarray(start, start + chunkBytes);
}

/** The rename itself is on the disk only when its directory is. */
async function syncDirectory(dir: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(dir, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function sweep(tmp: string): Promise<void> {
  for (const name of await entries(tmp)) {
    const path = join(tmp, name);
    const info = await stat(path).catch(() => null);
    if (info !== null && Date.now() - info.mtimeMs > abandonedMs) await rm(path, { force: true });
  }
}

async function entries(dir: string): Promise<string[]> {
  try {
    return await readdir(dir);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
