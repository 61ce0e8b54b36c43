import { createHash } from "node:crypto";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, it } from "vitest";
import { CodeKeeper } from "../src/code-keeper.ts";
import { TestPlatform } from "./platform.ts";
import { TestRepository } from "./testing-repository.ts";

let platform: TestPlatform;
let repository: TestRepository;
const lines: string[] = [];
beforeEach(async () => {
  [platform, repository] = await Promise.all([TestPlatform.open(), TestRepository.make()]);
});
afterEach(async () => {
  await platform.close();
  await repository.remove();
});

const keeper = () =>
  CodeKeeper.open({
    repository: repository.dir,
    store: platform.store,
    log: (level, message) => void lines.push(`${level} ${message}`),
  });

/** The code of a run's only attempt. */
async function codeOf(seed: number) {
  const id = await platform.launch({ steps: 2, stepMs: 5 }, seed);
  await platform.runEnds(id, "succeeded");
  const [attempt] = await platform.db.attempts.forStage((await platform.stage(id)).id);
  return attempt!.environment!;
}

it("records with each attempt the code that its process loaded, and keeps what differs from the commit", async () => {
  const commit = await repository.git("rev-parse", "HEAD");
  await platform.startWorker({ code: await keeper(), settings: { childIdleMs: 1 } });
  const clean = { gitCommit: commit, gitDiffSha256: null, gitDiffBytes: null, isGitDiffKept: false };
  expect(await codeOf(1)).toMatchObject({ ...clean, node: process.version });

  await repository.write("new.ts", "export const edited = true;\n");
  const edited = await codeOf(2);
  expect(edited).toMatchObject({ gitCommit: commit, isGitDiffKept: true, node: process.version });
  const diff = await text(await platform.store.get(edited.gitDiffSha256!));
  expect(diff).toContain("+export const edited = true;");
  expect(diff).toHaveLength(edited.gitDiffBytes!);
  expect(createHash("sha256").update(diff).digest("hex")).toBe(edited.gitDiffSha256);
  // Nobody may take it away while the attempt names it.
  expect(await platform.db.artifacts.isReferenced(edited.gitDiffSha256!)).toBe(true);
  expect(await platform.db.artifacts.isReferenced(edited.gitDiffSha256!.replace(/./, "x"))).toBe(false);

  await repository.git("add", ".");
  await repository.commit();
  expect(await codeOf(3)).toMatchObject({ ...clean, gitCommit: await repository.git("rev-parse", "HEAD") });
});

it("records what the worker began with, and what a process that is used again has loaded", async () => {
  await repository.write("source.ts", "export const rate = 2;\n");
  const code = await keeper();
  await platform.startWorker({ code, settings: { childIdleMs: 60_000 } });
  expect(code.begun.isGitDiffKept).toBe(true);
  expect(await codeOf(1)).toMatchObject(code.begun);
  expect(await platform.db.artifacts.isReferenced(code.begun.gitDiffSha256!)).toBe(true);
  await repository.write("source.ts", "export const rate = 3;\n");
  expect(await codeOf(2)).toMatchObject(code.begun);
});

it("says so when git cannot tell, and runs the attempt all the same", async () => {
  await platform.startWorker({ code: await keeper() });
  await repository.write(".git/index", "no index");
  await codeOf(1);
  expect(platform.logLines.join("\n")).toMatch(/What code this attempt runs is not recorded: git .* failed/);
  expect(await keeper()).toMatchObject({ begun: { gitCommit: null } });
  expect(lines.at(-1)).toMatch(/^warn what code this worker runs is not recorded: git .* failed/);
});
