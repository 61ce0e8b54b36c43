import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ClaimedStage } from "@retort/db";
import type { Store } from "@retort/store";
import type { Log } from "../log.ts";
import { persist } from "../persistence.ts";

export interface AttemptFiles {
  /** Empty directory for the stage. */
  workDir: string;
  /** Input's name -> file. */
  inputs: Record<string, string>;
  checkpoint: { step: number; path: string } | null;
}

/** Lays out an attempt's directory: `inputs/<name>` and `checkpoint` from the store, each checked by its sha256, and an empty `work`. */
export async function fetchAttemptFiles(
  { inputs, checkpoint }: Pick<ClaimedStage, "inputs" | "checkpoint">,
  { directory, store, log, signal }: { directory: string; store: Store; log: Log; signal: AbortSignal },
): Promise<AttemptFiles> {
  await rm(directory, { recursive: true, force: true });
  const inputDir = join(directory, "inputs");
  const workDir = join(directory, "work");
  await mkdir(inputDir, { recursive: true });
  await mkdir(workDir);
  const fetchTo = async (sha256: string, path: string) => {
    signal.throwIfAborted();
    await persist(() => store.fetchTo(sha256, path), { what: `Fetching ${path}`, log, signal });
    return path;
  };
  const files: AttemptFiles = { workDir, inputs: {}, checkpoint: null };
  for (const input of inputs) files.inputs[input.name] = await fetchTo(input.sha256, join(inputDir, input.name));
  if (checkpoint !== null) {
    const path = await fetchTo(checkpoint.sha256, join(directory, "checkpoint"));
    files.checkpoint = { step: checkpoint.step, path };
  }
  return files;
}
