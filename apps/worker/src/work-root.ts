import { readdir, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Database } from "@retort/db";
import type { Log } from "./log.ts";

/** Removes the directories of workers of this host that died: nobody will read them again. */
export async function sweepWorkRoot({
  db,
  workRoot,
  log,
}: {
  db: Pick<Database, "workers">;
  workRoot: string;
  log: Log;
}): Promise<void> {
  const directories = await readdir(workRoot).catch((): string[] => []);
  if (directories.length === 0) return;
  const here = (await db.workers.list()).filter(({ host }) => host === hostname());
  for (const { id, pid } of here) {
    if (!directories.includes(id) || isAlive(pid)) continue;
    log("info", `removing the files of worker ${id}, which is gone`);
    await rm(join(workRoot, id), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there and somebody else's.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
