import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { planRun } from "@retort/core";
import { createDatabase } from "@retort/db";
import { createTestDatabase } from "@retort/db/testing";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { demoProject, prepare } from "./prepare.ts";

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "retort-prepare-"));
});
afterAll(() => rm(home, { recursive: true, force: true }));

it("launches the quickstart into an empty installation alone", async () => {
  const databaseUrl = await createTestDatabase(inject("postgresUrl"));
  // Whoever asks the server at all gets no answer here.
  const server = { url: "http://127.0.0.1:1" };
  const first = await prepare({ databaseUrl, home });
  await expect(first.launchQuickstart(server)).rejects.toThrow("No Retort server answers");
  await first.close();

  const db = createDatabase({ url: databaseUrl });
  const { id: projectId } = await db.projects.ensure(demoProject);
  const run = { recipe: "diagnostic", params: {}, seed: 1 };
  await db.runs.create({
    ...{ ...run, projectId, name: "any", configKey: "any" },
    stages: planRun({ ...run, fingerprints: new Map() }),
  });
  await db.close();

  const second = await prepare({ databaseUrl, home });
  expect(await second.launchQuickstart(server)).toBeNull();
  await second.close();
});
