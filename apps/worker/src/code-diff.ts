import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFile, lstat, mkdir, mkdtemp, rm, stat, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buffer } from "node:stream/consumers";
import { RetortError } from "@retort/engine";
import { gitEnvironment } from "./env.ts";

/** A larger difference is no source code; its hash is told alone. */
export const maxDiffBytes = 4 * 2 ** 20;
/** git answers in a fraction of a second; a file system that hangs must not hold an attempt. */
const gitTimeoutMs = 30_000;

/** What a git repository holds beyond its commit. */
export interface CodeDiff {
  commit: string;
  /**
   * Of the difference as `git apply` takes it, untracked files that are not ignored among it. When those files are too large together,
   * of the difference of the tracked ones, followed by their names, sizes and times. Null when nothing differs.
   */
  sha256: string | null;
  sizeBytes: number;
  /** Null when nothing differs, or more than maxDiffBytes. */
  content: Uint8Array | null;
}

/**
 * Reads it without a trace in the repository: what git has to write goes into an index and objects of our own.
 * @returns null where there is no git, or no repository: an installation from an archive
 * @throws RetortError GIT_FAILED
 */
export async function readCodeDiff(repository: string): Promise<CodeDiff | null> {
  const paths = await git(repository, ["rev-parse", "HEAD", "--git-path", "index", "--git-path", "objects"]).catch(
    () => null,
  );
  if (paths === null) return null;
  const [commit = "", index = "", objects = ""] = paths.toString().trimEnd().split("\n");
  const untracked = await readUntracked(repository);
  const untrackedBytes = untracked.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const isListed = untrackedBytes > maxDiffBytes;
  const own = await mkdtemp(join(tmpdir(), "retort-git-"));
  try {
    const ownObjects = join(own, "objects");
    await Promise.all([mkdir(ownObjects), copyIndex(resolve(repository, index), join(own, "index"))]);
    const env = {
      GIT_INDEX_FILE: join(own, "index"),
      GIT_OBJECT_DIRECTORY: ownObjects,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: resolve(repository, objects),
    };
    const names = untracked.map(({ path }) => path);
    if (names.length > 0 && !isListed) {
      const add = ["--literal-pathspecs", "add", "--intent-to-add", "--pathspec-from-file=-", "--pathspec-file-nul"];
      await git(repository, add, { env, input: names.join("\0") });
    }
    const hash = createHash("sha256");
    const kept: Uint8Array[] = [];
    let sizeBytes = 0;
    await git(repository, diffArgs, {
      env,
      onChunk: (chunk) => {
        hash.update(chunk);
        sizeBytes += chunk.byteLength;
        if (sizeBytes <= maxDiffBytes) kept.push(chunk);
      },
    });
    if (isListed) {
      for (const { path, sizeBytes, modifiedMs } of untracked) hash.update(`\n${path}\0${sizeBytes}\0${modifiedMs}`);
      sizeBytes += untrackedBytes;
    }
    if (sizeBytes === 0) return { commit, sha256: null, sizeBytes, content: null };
    const content = sizeBytes > maxDiffBytes ? null : Buffer.concat(kept);
    return { commit, sha256: hash.digest("hex"), sizeBytes, content };
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

/**
 * Git trusts a file's size and time when the index is the younger of the two, and reads what is of the same second. A copy must not
 * look younger than the index is: a file that was changed in the second of a commit would pass for unchanged.
 */
async function copyIndex(from: string, to: string): Promise<void> {
  const { mtimeMs } = await stat(from);
  await copyFile(from, to);
  const second = Math.floor(mtimeMs / 1_000);
  await utimes(to, second, second);
}

// Whatever the user's configuration says, the same bytes, and such as `git apply` takes.
const diffArgs = [
  ...["diff", "HEAD", "--binary", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames"],
  ...["--src-prefix=a/", "--dst-prefix=b/"],
];

interface Untracked {
  path: string;
  sizeBytes: number;
  modifiedMs: number;
}

async function readUntracked(repository: string): Promise<Untracked[]> {
  const list = await git(repository, ["ls-files", "--others", "--exclude-standard", "-z"]);
  // A repository within the repository is named as a directory; it has commits of its own.
  const paths = list
    .toString()
    .split("\0")
    .filter((path) => path !== "" && !path.endsWith("/"));
  return Promise.all(
    paths.sort().map(async (path) => {
      const { size, mtimeMs } = await lstat(join(repository, path));
      return { path, sizeBytes: size, modifiedMs: mtimeMs };
    }),
  );
}

interface GitOptions {
  env?: NodeJS.ProcessEnv;
  input?: string;
  /** Takes the output as it comes; without it the whole output is returned. */
  onChunk?: (chunk: Uint8Array) => void;
}

/** @throws RetortError GIT_FAILED */
async function git(
  cwd: string,
  args: readonly string[],
  { env = {}, input, onChunk }: GitOptions = {},
): Promise<Buffer> {
  const child = spawn("git", args, {
    cwd,
    env: gitEnvironment(env),
    timeout: gitTimeoutMs,
  });
  const ended = new Promise<string | null>((end) => {
    child.on("error", ({ message }) => end(message));
    child.on("close", (code, signal) => end(code === 0 ? null : `it ended with ${signal ?? `code ${code}`}`));
  });
  // A git that has failed reads no further.
  child.stdin.on("error", () => {});
  child.stdin.end(input ?? "");
  const said = buffer(child.stderr);
  if (onChunk !== undefined) child.stdout.on("data", onChunk);
  const output = onChunk === undefined ? buffer(child.stdout) : Promise.resolve(Buffer.alloc(0));
  const why = await ended;
  if (why === null) return output;
  throw new RetortError({
    code: "GIT_FAILED",
    message: `git ${args[0]} failed: ${(await said.catch(() => "")).toString().trim() || why}`,
    expected: "what differs from the commit",
    got: why,
    where: cwd,
    fix: `Run \`git ${args.join(" ")}\` there; until it works, what code an attempt ran is not recorded`,
  });
}
