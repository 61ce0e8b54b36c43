import type { TestProject } from "vitest/node";
import { generate } from "../../../scripts/generate.mjs";
import { startTestPostgres } from "./testing.ts";

/** vitest's globalSetup: the Prisma client, and one server for the whole run. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  generate();
  const server = await startTestPostgres();
  project.provide("postgresUrl", server.url);
  return () => server.stop();
}
