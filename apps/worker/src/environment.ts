import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { arch, cpus, platform, release } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { WorkerEnvironment } from "@retort/db";

const repository = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const run = promisify(execFile);

/** What it takes to get the same bits again, as far as this process can tell: read once, when the worker starts. */
export async function readEnvironment(): Promise<WorkerEnvironment> {
  const [gitCommit, diff] = await Promise.all([git("rev-parse", "HEAD"), git("diff", "HEAD", "--binary")]);
  return {
    gitCommit: gitCommit?.trim() ?? null,
    gitDiffSha256: diff === null || diff === "" ? null : sha256(diff),
    lockSha256: await sha256OfFile(join(repository, "package-lock.json")),
    node: process.version,
    onnxruntime: onnxruntimeVersion(),
    platform: `${platform()} ${release()} ${arch()}`,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
  };
}

/** Null where there is no git, or no repository: an installation from an archive. */
async function git(...args: string[]): Promise<string | null> {
  try {
    const { stdout } = await run("git", args, { cwd: repository, maxBuffer: 2 ** 28 });
    return stdout;
  } catch {
    return null;
  }
}

async function sha256OfFile(path: string): Promise<string | null> {
  try {
    return sha256(await readFile(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

function sha256(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

function onnxruntimeVersion(): string {
  const manifest = createRequire(import.meta.url)("onnxruntime-node/package.json") as { version: string };
  return manifest.version;
}
