import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createRetort, type Retort } from "@retort/api/client";
import { createDatabase, type Database, migrate } from "@retort/db";
import { createQueue, type Queue } from "@retort/queue";
import { TestRedis } from "@retort/queue/testing";
import { freePort } from "../../../scripts/ports.mjs";
import * as postgres from "../../../scripts/postgres.mjs";
import { SmallDisk } from "./small-disk.ts";

const loader = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
const dashboard = fileURLToPath(new URL("../../web", import.meta.url));
const respawnMs = 500;
/** A busy machine takes its time to start a process. */
const answerMs = 180_000;

export interface ClusterOptions {
  backend: "postgres" | "redis";
  /** What people's requests go to: the dashboard, which has to be built, or its API alone. */
  server: "dashboard" | "api";
  numWorkers: number;
  leaseMs: number;
}

interface Member {
  name: string;
  process: ChildProcess;
}

/** PostgreSQL, Redis, a server and workers in processes of their own; who dies is started again. */
export class Cluster {
  readonly home: string;
  readonly leaseMs: number;
  readonly disk: SmallDisk;
  readonly redis: TestRedis | null;
  db!: Database;
  queue!: Queue;
  retort!: Retort;
  readonly #members = new Map<string, Member>();
  readonly #options: ClusterOptions;
  #postgres!: postgres.PostgresServer;
  #apiPort = 0;
  #isClosing = false;

  static async open(options: ClusterOptions): Promise<Cluster> {
    const home = await mkdtemp(join(tmpdir(), "retort-chaos-"));
    const redis = options.backend === "redis" ? await TestRedis.start() : null;
    const cluster = new Cluster({ home, redis, disk: await SmallDisk.mount(join(home, "artifacts")), options });
    await cluster.#begin();
    return cluster;
  }

  private constructor(parts: { home: string; redis: TestRedis | null; disk: SmallDisk; options: ClusterOptions }) {
    this.home = parts.home;
    this.redis = parts.redis;
    this.disk = parts.disk;
    this.leaseMs = parts.options.leaseMs;
    this.#options = parts.options;
  }

  /** Those that are alive. */
  get workers(): Member[] {
    return [...this.#members.values()].filter(({ name, process }) => name.startsWith("worker") && isAlive(process));
  }

  get server(): Member {
    return this.#members.get("server")!;
  }

  ackPaths(): string[] {
    return this.#workerNames().map((name) => join(this.home, `${name}.acks`));
  }

  async restartPostgres(): Promise<void> {
    const { port } = this.#postgres;
    // As a machine that loses its power: nothing is shut down, the log is read again at the start.
    process.kill(this.#postgres.pid, "SIGQUIT");
    await this.#postgres.stop();
    this.#postgres = await postgres.start(join(this.home, "postgres"), { port });
    if (this.#postgres.port !== port) throw new Error(`PostgreSQL came back on port ${this.#postgres.port}`);
  }

  /** Lets the server start again before anything else is done to it. */
  async serverAnswers(): Promise<void> {
    const untilMs = performance.now() + answerMs;
    for (;;) {
      const isUp = await this.retort.projects.list.query().then(
        () => true,
        () => false,
      );
      if (isUp) return;
      if (performance.now() > untilMs) throw new Error("the server does not come back");
      await sleep(100);
    }
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    const ended = [...this.#members.values()].map(async ({ process: child }) => {
      if (!isAlive(child)) return;
      child.kill("SIGCONT");
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await once(child, "exit");
      clearTimeout(timer);
    });
    await Promise.all(ended);
    await this.queue?.close().catch(() => {});
    await this.db?.close();
    await this.#postgres?.stop();
    await this.redis?.stop();
    await this.disk.unmount();
    await rm(this.home, { recursive: true, force: true });
  }

  async #begin(): Promise<void> {
    await mkdir(join(this.home, "logs"));
    this.#postgres = await postgres.start(join(this.home, "postgres"));
    const url = this.#postgres.url;
    await migrate({ url });
    this.db = createDatabase({ url });
    this.queue = createQueue({ postgresUrl: url, redisUrl: this.redis?.url });
    await this.db.projects.ensure({ slug: "chaos", name: "Chaos" });
    const { key } = await this.db.auth.createApiKey("chaos");
    this.#apiPort = await freePort();
    this.retort = createRetort({ url: `http://127.0.0.1:${this.#apiPort}`, apiKey: key });
    this.#spawn("server", this.#options.server === "dashboard" ? this.#dashboard() : script("server.ts"));
    for (const name of this.#workerNames()) this.#spawn(name, script("worker.ts", join(this.home, `${name}.acks`)));
    await this.serverAnswers();
  }

  #workerNames(): string[] {
    return Array.from({ length: this.#options.numWorkers }, (_, index) => `worker-${index}`);
  }

  #dashboard(): string[] {
    const next = createRequire(join(dashboard, "package.json")).resolve("next/dist/bin/next");
    return [next, "start", dashboard, "-H", "127.0.0.1", "-p", String(this.#apiPort)];
  }

  #spawn(name: string, args: readonly string[]): void {
    const child = spawn(process.execPath, args, {
      stdio: ["ignore", "ignore", "pipe"],
      env: {
        ...process.env,
        DATABASE_URL: this.#postgres.url,
        REDIS_URL: this.redis?.url ?? "",
        PORT: String(this.#apiPort),
        // Each worker has a home of its own, as on a host of its own.
        RETORT_HOME: join(this.home, name),
        RETORT_STORE_URL: this.disk.url,
        RETORT_WORKER_NAME: name,
        RETORT_WORKER_THREADS: "1",
        RETORT_LEASE_MS: String(this.leaseMs),
        RETORT_STOP_GRACE_MS: "2000",
      },
    });
    child.stderr?.pipe(createWriteStream(join(this.home, "logs", `${name}.log`), { flags: "a" }));
    this.#members.set(name, { name, process: child });
    child.once("exit", () => {
      if (!this.#isClosing) setTimeout(() => !this.#isClosing && this.#spawn(name, args), respawnMs);
    });
  }
}

function script(file: string, ...args: string[]): string[] {
  return ["--import", loader, fileURLToPath(new URL(file, import.meta.url)), ...args];
}

function isAlive({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}
