import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { arch, cpus, platform, release } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CodeState, WorkerEnvironment } from "@retort/db";

/** The installation's directory. */
export const repository = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

/** What it takes to get the same bits again, as far as this process can tell: read once, when the worker starts. */
export async function readEnvironment(code: CodeState): Promise<WorkerEnvironment> {
  return {
    ...code,
    lockSha256: await sha256OfFile(join(repository, "package-lock.json")),
    node: process.version,
    onnxruntime: onnxruntimeVersion(),
    platform: `${platform()} ${release()} ${arch()}`,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
  };
}

async function sha256OfFile(path: string): Promise<string | null> {
  try {
    return createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

function onnxruntimeVersion(): string {
  const manifest = createRequire(import.meta.url)("onnxruntime-node/package.json") as { version: string };
  return manifest.version;
}
