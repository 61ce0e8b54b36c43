import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseRun, planRun } from "@retort/core";
import { createDatabase, type Database, type RunDetail, type RunStageRow } from "@retort/db";
import { createTestDatabase } from "@retort/db/testing";
import { createQueue, type Queue } from "@retort/queue";
import { createStore, type Store } from "@retort/store";
import { expect, inject, vi } from "vitest";
import type { CodeKeeper } from "../src/code-keeper.ts";
import type { Device } from "../src/device.ts";
import { readEnvironment } from "../src/environment.ts";
import { defaultSettings, Worker, type WorkerSettings } from "../src/worker.ts";

// On a machine that does other work, too, starting a process takes its time.
vi.setConfig({ testTimeout: 120_000 });

const device: Device = { providers: ["cpu"], threads: 2, memoryBytes: 4 * 2 ** 30 };

/** As in earnest, with less patience. */
export const quickSettings: WorkerSettings = {
  ...defaultSettings,
  heartbeatMs: 100,
  stopGraceMs: 1_000,
  memorySampleMs: 50,
  // By the queue or not at all.
  pollMs: 3_600_000,
  childIdleMs: 300,
  aliveEveryMs: 500,
  sampleEveryMs: 300,
  outboxEveryMs: 200,
  reconcileEveryMs: 200,
  leaderSilentMs: 1_500,
};

export interface TestWorkerOptions {
  name?: string;
  device?: Partial<Device>;
  settings?: Partial<WorkerSettings>;
  code?: CodeKeeper;
}

/** A database of its own, a store, a queue, and as many workers as a test asks for. */
export class TestPlatform {
  readonly home: string;
  readonly url: string;
  readonly db: Database;
  readonly store: Store;
  readonly queue: Queue;
  readonly logLines: string[] = [];
  readonly #workers: { worker: Worker; queue: Queue; db: Database }[] = [];
  #projectId = "";

  static async open(): Promise<TestPlatform> {
    const home = await mkdtemp(join(tmpdir(), "retort-worker-"));
    const platform = new TestPlatform(home, await createTestDatabase(inject("postgresUrl")));
    platform.#projectId = (await platform.db.projects.ensure({ slug: "test", name: "Test" })).id;
    return platform;
  }

  private constructor(home: string, url: string) {
    this.home = home;
    this.url = url;
    this.db = createDatabase({ url });
    this.store = createStore(this.storeUrl);
    this.queue = createQueue({ postgresUrl: url });
  }

  get storeUrl(): string {
    return pathToFileURL(join(this.home, "artifacts")).href;
  }

  /** A worker in this process, with connections of its own. */
  async startWorker(options: TestWorkerOptions = {}): Promise<Worker> {
    const db = createDatabase({ url: this.url });
    const queue = createQueue({ postgresUrl: this.url });
    const worker = await Worker.start({
      name: options.name ?? "test",
      device: { ...device, ...options.device },
      db,
      queue,
      store: this.store,
      workRoot: join(this.home, "work"),
      log: (level, message) => this.logLines.push(`${level} ${message}`),
      settings: { ...quickSettings, ...options.settings },
      ...(options.code === undefined
        ? {}
        : { code: options.code, environment: await readEnvironment(options.code.begun) }),
    });
    this.#workers.push({ worker, queue, db });
    return worker;
  }

  /** A run of the diagnostic recipe's first stage alone. @returns its id */
  launch(params: Record<string, unknown> = {}, seed = 1): Promise<string> {
    return this.launchWhole(params, { seed, numStages: 1 });
  }

  /** A run of the diagnostic recipe. @returns its id */
  async launchWhole(params: Record<string, unknown>, { seed = 1, numStages = 2 } = {}): Promise<string> {
    const request = { recipe: "diagnostic", params: { load: "idle", stepMs: 20, ...params }, seed };
    const stages = planRun({ ...request, fingerprints: new Map() }).slice(0, numStages);
    const parsed = parseRun(request);
    const run = { projectId: this.#projectId, ...parsed, seed, name: `diagnostic-${seed}`, stages };
    return (await this.db.runs.create(run)).id;
  }

  async run(id: string): Promise<RunDetail> {
    const run = await this.db.runs.get(id);
    if (run === null) throw new Error(`no run ${id}`);
    return run;
  }

  async stage(runId: string, name: "work" | "check" = "work"): Promise<RunStageRow> {
    return (await this.run(runId)).stages.find((stage) => stage.name === name)!;
  }

  /** Waits until the run has come to that end; shows where it stands when it does not. */
  async runEnds(id: string, status: RunDetail["status"], timeoutMs = 60_000): Promise<RunDetail> {
    await this.until(
      async () => (await this.run(id)).finishedAt !== null,
      timeoutMs,
      async () => describe(await this.run(id)),
    );
    const run = await this.run(id);
    expect(run.status, describe(run)).toBe(status);
    return run;
  }

  async stageIs(runId: string, holds: (stage: RunStageRow) => boolean, timeoutMs = 60_000): Promise<RunStageRow> {
    await this.until(
      async () => holds(await this.stage(runId)),
      timeoutMs,
      async () => describe(await this.run(runId)),
    );
    return this.stage(runId);
  }

  async until(holds: () => Promise<boolean>, timeoutMs: number, state: () => Promise<string>): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (!(await holds())) {
      if (Date.now() > deadline) {
        throw new Error(`not within ${timeoutMs} ms: ${await state()}\n${this.logLines.slice(-20).join("\n")}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  /** Every point of the series, in the order of its steps. */
  async points(stageId: string, key: string): Promise<{ step: number; value: number; attempt: number }[]> {
    return this.db.prisma.metric.findMany({
      where: { stageId, key },
      orderBy: { step: "asc" },
      select: { step: true, value: true, attempt: true },
    });
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#workers.map(async ({ worker, queue, db }) => {
        await worker.stop();
        await queue.close();
        await db.close();
      }),
    );
    await this.queue.close();
    await this.db.close();
    await rm(this.home, { recursive: true, force: true });
  }
}

function describe(run: RunDetail): string {
  const stages = run.stages.map(({ name, status, attempt, failure }) => ({ name, status, attempt, failure }));
  return JSON.stringify({ status: run.status, error: run.error, stages }, null, 1);
}
