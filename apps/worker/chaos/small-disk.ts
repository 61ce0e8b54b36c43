import { spawnSync } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const sizeMb = 256;

/** Directory of the artifacts on a file system of its own, small enough to be filled. */
export class SmallDisk {
  readonly #dir: string;
  /** Why it cannot be filled; null when it can. */
  readonly refusal: string | null;

  /** Mounting needs root; without it the directory is an ordinary one, and filling it is left out with the reason. */
  static async mount(dir: string): Promise<SmallDisk> {
    await mkdir(dir);
    const { status, stderr, error } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${sizeMb}m`, "tmpfs", dir], {
      encoding: "utf8",
    });
    const refusal = status === 0 ? null : `no file system can be mounted here (${(error?.message ?? stderr).trim()})`;
    return new SmallDisk(dir, refusal);
  }

  private constructor(dir: string, refusal: string | null) {
    this.#dir = dir;
    this.refusal = refusal;
  }

  get url(): string {
    return pathToFileURL(join(this.#dir, "store")).href;
  }

  /** Leaves not a byte, until what it gives is called. */
  async fill(): Promise<() => Promise<void>> {
    const path = join(this.#dir, "ballast");
    await writeFile(path, Buffer.alloc(sizeMb * 2 ** 20)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOSPC") throw error;
    });
    return () => rm(path, { force: true });
  }

  async unmount(): Promise<void> {
    if (this.refusal === null) spawnSync("umount", ["-l", this.#dir]);
  }
}
