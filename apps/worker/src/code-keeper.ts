import type { CodeState } from "@retort/db";
import type { Store } from "@retort/store";
import { readCodeDiff } from "./code-diff.ts";
import type { Log } from "./log.ts";
import { messageOf } from "./persistence.ts";

export interface CodeKeeperOptions {
  /** The installation's. */
  repository: string;
  store: Store;
  log: Log;
}

const unknown: CodeState = { gitCommit: null, gitDiffSha256: null, gitDiffBytes: null, isGitDiffKept: false };

/** Knows what code processes load, and puts what differs from the commit into the artifact store, so that it can be had again. */
export class CodeKeeper {
  /** What the worker began with. */
  readonly begun: CodeState;
  readonly #options: CodeKeeperOptions;
  /** Differences that the store holds. */
  readonly #kept: Set<string>;

  /** Never rejects: a worker whose code cannot be read works, and says so. */
  static async open(options: CodeKeeperOptions): Promise<CodeKeeper> {
    const kept = new Set<string>();
    const begun = await read(options, kept).catch((error: unknown) => {
      options.log("warn", `what code this worker runs is not recorded: ${messageOf(error)}`);
      return unknown;
    });
    return new CodeKeeper(begun, options, kept);
  }

  private constructor(begun: CodeState, options: CodeKeeperOptions, kept: Set<string>) {
    this.begun = begun;
    this.#options = options;
    this.#kept = kept;
  }

  /** The code that a process loads which is started now; null when it is what the worker began with. @throws RetortError GIT_FAILED */
  async changed(): Promise<CodeState | null> {
    const now = await read(this.#options, this.#kept);
    return isEqual(now, this.begun) ? null : now;
  }
}

async function read({ repository, store, log }: CodeKeeperOptions, kept: Set<string>): Promise<CodeState> {
  const diff = await readCodeDiff(repository);
  if (diff === null) return unknown;
  const { commit, sha256, sizeBytes, content } = diff;
  if (sha256 === null) return { ...unknown, gitCommit: commit };
  if (content !== null && !kept.has(sha256)) {
    try {
      await store.put(content);
      kept.add(sha256);
    } catch (error) {
      log("warn", `the changed code is recorded by its sha256 alone, it could not be stored: ${messageOf(error)}`);
    }
  }
  return { gitCommit: commit, gitDiffSha256: sha256, gitDiffBytes: sizeBytes, isGitDiffKept: kept.has(sha256) };
}

function isEqual(a: CodeState, b: CodeState): boolean {
  return a.gitCommit === b.gitCommit && a.gitDiffSha256 === b.gitDiffSha256 && a.isGitDiffKept === b.isGitDiffKept;
}
