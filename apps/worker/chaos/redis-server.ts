import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const program = "redis-server";

export const hasRedis = spawnSync(program, ["--version"]).status === 0;

/** A Redis of the suite's own, with its log on the disk, that can be killed, started again and emptied. */
export class RedisServer {
  readonly #dir: string;
  readonly #port: number;
  #process: ChildProcess | null = null;

  static async start(dir: string): Promise<RedisServer> {
    await mkdir(dir, { recursive: true });
    const server = new RedisServer(dir, await freePort());
    await server.#launch();
    return server;
  }

  private constructor(dir: string, port: number) {
    this.#dir = dir;
    this.#port = port;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.#port}`;
  }

  async restart(): Promise<void> {
    await this.#end("SIGKILL");
    await this.#launch();
  }

  /** Every job is gone. */
  async flush(): Promise<void> {
    await this.#say("FLUSHALL");
  }

  stop(): Promise<void> {
    return this.#end("SIGTERM");
  }

  async #launch(): Promise<void> {
    const options = ["--port", `${this.#port}`, "--bind", "127.0.0.1", "--dir", this.#dir];
    this.#process = spawn(program, [...options, "--appendonly", "yes", "--save", ""], { stdio: "ignore" });
    await once(this.#process, "spawn");
    for (let tries = 0; tries < 200; tries++) {
      if (await this.#say("PING").catch(() => false)) return;
      await sleep(50);
    }
    throw new Error("redis-server did not come up");
  }

  /** One command in the protocol's plain form. @returns whether it was answered without an error */
  async #say(command: string): Promise<boolean> {
    const socket = connect(this.#port, "127.0.0.1");
    try {
      await once(socket, "connect");
      socket.write(`${command}\r\n`);
      const [answer] = await once(socket, "data");
      return String(answer).startsWith("+");
    } finally {
      socket.destroy();
    }
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const server = this.#process;
    if (server === null || server.exitCode !== null || server.signalCode !== null) return;
    server.kill(signal);
    await once(server, "exit");
  }
}

export async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
