import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { PlannedStage } from "@retort/core";
import { createDatabase, type Database } from "@retort/db";

const loader = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** A worker's whole process with a database and a store of its own. */
export class BenchPlatform {
  readonly db: Database;
  readonly #worker: ChildProcess;
  readonly #home: string;
  #projectId = "";

  static async open({ databaseUrl, redisUrl }: { databaseUrl: string; redisUrl: string | undefined }) {
    const home = await mkdtemp(join(tmpdir(), "retort-bench-"));
    const worker = spawn(process.execPath, ["--import", loader, main], {
      stdio: ["ignore", "ignore", process.env.DEBUG ? "inherit" : "ignore"],
      env: {
        ...process.env,
        DATABASE_URL: databaseUrl,
        REDIS_URL: redisUrl ?? "",
        RETORT_HOME: home,
        RETORT_STORE_URL: "",
        RETORT_WORKER_THREADS: "2",
      },
    });
    const platform = new BenchPlatform({ db: createDatabase({ url: databaseUrl }), worker, home });
    platform.#projectId = (await platform.db.projects.ensure({ slug: "bench", name: "Bench" })).id;
    while ((await platform.db.workers.list()).length === 0) {
      if (worker.exitCode !== null) throw new Error(`the worker ended with code ${worker.exitCode}`);
      await sleep(100);
    }
    return platform;
  }

  private constructor({ db, worker, home }: { db: Database; worker: ChildProcess; home: string }) {
    this.db = db;
    this.#worker = worker;
    this.#home = home;
  }

  async create(stages: readonly PlannedStage[]): Promise<string> {
    const run = { recipe: "bench", params: {}, seed: 0, name: "bench", configKey: "bench" };
    return (await this.db.runs.create({ ...run, projectId: this.#projectId, stages })).id;
  }

  /** Resolves when every run has ended. @throws Error when one has not succeeded */
  async untilDone(): Promise<void> {
    const open = "SELECT count(*) AS n FROM run WHERE finished_at IS NULL";
    while ((await this.db.pool.query<{ n: number }>(open)).rows[0]!.n > 0) await sleep(25);
    const { succeeded, ...others } = await this.db.runs.countByStatus();
    const failed = Object.values(others).reduce((sum, count) => sum + count, 0);
    if (failed > 0) throw new Error(`${failed} runs of ${failed + succeeded} did not succeed`);
  }

  async close(): Promise<void> {
    this.#worker.kill("SIGTERM");
    if (this.#worker.exitCode === null) await once(this.#worker, "exit");
    await this.db.close();
    await rm(this.#home, { recursive: true, force: true });
  }
}
