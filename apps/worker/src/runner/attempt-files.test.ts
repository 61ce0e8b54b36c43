import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createStore, type Store, StoreError } from "@retort/store";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fetchAttemptFiles } from "./attempt-files.ts";

let home: string;
let store: Store;
const lines: string[] = [];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "retort-files-"));
  store = createStore(pathToFileURL(join(home, "store")).href);
  lines.length = 0;
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function input(text: string) {
  const stored = await store.put(new TextEncoder().encode(text));
  return { name: "model", artifactId: "", artifactName: "model", ...stored };
}

async function damage(sha256: string): Promise<void> {
  await writeFile(join(home, "store", sha256.slice(0, 2), sha256), "something else");
}

function fetch(stage: Parameters<typeof fetchAttemptFiles>[0], signal = new AbortController().signal) {
  const log = (_: string, message: string) => lines.push(message);
  return fetchAttemptFiles(stage, { directory: join(home, "attempt"), store, log, signal });
}

describe("fetchAttemptFiles", () => {
  it("lays out inputs, the checkpoint and an empty directory, whatever stood there", async () => {
    await mkdir(join(home, "attempt", "work"), { recursive: true });
    await writeFile(join(home, "attempt", "work", "old"), "of a dead attempt");
    const files = await fetch({ inputs: [await input("weights")], checkpoint: { step: 7, ...(await input("state")) } });
    expect(await readFile(files.inputs.model!, "utf8")).toBe("weights");
    expect(files.checkpoint?.step).toBe(7);
    expect(await readFile(files.checkpoint!.path, "utf8")).toBe("state");
    expect(await readdir(files.workDir)).toEqual([]);
  });

  it("makes the directories above it, too, should somebody have cleared them away", async () => {
    await rm(home, { recursive: true });
    expect(await readdir((await fetch({ inputs: [], checkpoint: null })).workDir)).toEqual([]);
  });

  it("refuses a damaged input and a missing one", async () => {
    const model = await input("weights");
    await damage(model.sha256);
    await expect(fetch({ inputs: [model], checkpoint: null })).rejects.toThrow(
      expect.objectContaining({ code: "CORRUPT" }),
    );
    await store.delete(model.sha256);
    await expect(fetch({ inputs: [model], checkpoint: null })).rejects.toThrow(StoreError);
  });

  it("does without a damaged checkpoint, and says so", async () => {
    const state = await input("state");
    await damage(state.sha256);
    expect((await fetch({ inputs: [], checkpoint: { step: 7, ...state } })).checkpoint).toBeNull();
    expect(lines).toEqual([expect.stringContaining("The checkpoint of step 7 cannot be used")]);
  });

  it("ends when the attempt is to stop", async () => {
    await expect(fetch({ inputs: [await input("weights")], checkpoint: null }, AbortSignal.abort())).rejects.toThrow(
      /abort/i,
    );
  });
});
