import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { freePort } from "../../../scripts/ports.mjs";

const program = "redis-server";

export const hasRedis = spawnSync(program, ["--version"]).status === 0;

/** A real Redis of one's own, on a free port of the loopback address. */
export class TestRedis {
  readonly url: string;
  readonly #dir: string;
  readonly #options: readonly string[];
  #server!: ChildProcess;

  /** @param durable whether each write is on the disk before it is answered. @throws Error of the system where Redis is not installed */
  static async start({ durable = true } = {}): Promise<TestRedis> {
    const redis = new TestRedis(await freePort(), await mkdtemp(join(tmpdir(), "retort-redis-")), durable);
    await redis.#launch();
    return redis;
  }

  private constructor(port: number, dir: string, durable: boolean) {
    this.url = `redis://127.0.0.1:${port}`;
    this.#dir = dir;
    const log = durable ? ["--appendonly", "yes", "--appendfsync", "always"] : ["--appendonly", "no"];
    this.#options = ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", dir, ...log, "--save", ""];
  }

  /** Kills the server. What it had written stays for restart(). */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Kills the server, if it lives, and starts it again with the data that it had written. */
  async restart(): Promise<void> {
    await this.kill();
    await this.#launch();
  }

  /** Every job is gone. */
  async flush(): Promise<void> {
    const client = new Redis(this.url);
    await client.flushall();
    client.disconnect();
  }

  async stop(): Promise<void> {
    await this.#end("SIGTERM");
    await rm(this.#dir, { recursive: true, force: true });
  }

  async #launch(): Promise<void> {
    this.#server = spawn(program, this.#options, { stdio: "ignore" });
    await once(this.#server, "spawn");
    for (let tries = 0; tries < 200; tries++) {
      if (this.#server.exitCode !== null) throw new Error(`redis-server ended with code ${this.#server.exitCode}`);
      const client = new Redis(this.url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
      client.on("error", () => {});
      try {
        await client.connect();
        await client.ping();
        return;
      } catch {
        await sleep(50);
      } finally {
        client.disconnect();
      }
    }
    throw new Error("redis-server did not come up");
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#server.exitCode !== null || this.#server.signalCode !== null) return;
    this.#server.kill(signal);
    await once(this.#server, "exit");
  }
}
