import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ClaimedStage } from "@retort/db";
import { type Store, StoreError } from "@retort/store";
import type { Log } from "../log.ts";
import { persist } from "../persistence.ts";

export interface AttemptFiles {
  /** Empty directory for the stage. */
  workDir: string;
  /** Input's name -> file. */
  inputs: Record<string, string>;
  /** Null also when the store has lost or damaged it: the stage begins anew, and comes to the same end. */
  checkpoint: { step: number; path: string } | null;
}

export interface FetchOptions {
  directory: string;
  store: Store;
  log: Log;
  signal: AbortSignal;
}

/**
 * Lays out an attempt's directory: `inputs/<name>` and `checkpoint` from the store, each checked by its sha256, and an empty `work`.
 * @throws StoreError for an input that is missing or damaged
 */
export async function fetchAttemptFiles(
  { inputs, checkpoint }: Pick<ClaimedStage, "inputs" | "checkpoint">,
  { directory, store, log, signal }: FetchOptions,
): Promise<AttemptFiles> {
  const inputDir = join(directory, "inputs");
  const workDir = join(directory, "work");
  await makeEmpty(directory);
  await mkdir(workDir);
  if (inputs.length > 0) await mkdir(inputDir);
  const fetchTo = async (sha256: string, path: string) => {
    signal.throwIfAborted();
    await persist(() => store.fetchTo(sha256, path), { what: `Fetching ${path}`, log, signal });
    return path;
  };
  const files: AttemptFiles = { workDir, inputs: {}, checkpoint: null };
  for (const { name, sha256 } of inputs) files.inputs[name] = await fetchTo(sha256, join(inputDir, name));
  if (checkpoint === null) return files;
  try {
    const path = await fetchTo(checkpoint.sha256, join(directory, "checkpoint"));
    files.checkpoint = { step: checkpoint.step, path };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    log("error", `The checkpoint of step ${checkpoint.step} cannot be used: ${error.message}`);
  }
  return files;
}

async function makeEmpty(directory: string): Promise<void> {
  // The first directory that was made; none where all of them stood there.
  const made = await mkdir(directory, { recursive: true });
  if (made !== undefined) return;
  await rm(directory, { recursive: true });
  await mkdir(directory);
}
