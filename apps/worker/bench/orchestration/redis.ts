import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A Redis of the benchmark's own; null where it is not installed. */
export async function startRedis(): Promise<{ url: string; stop(): Promise<void> } | null> {
  const program = "redis-server";
  if (spawnSync(program, ["--version"]).status !== 0) return null;
  const dir = await mkdtemp(join(tmpdir(), "retort-bench-redis-"));
  const port = await freePort();
  const options = ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", dir, "--save", "", "--appendonly", "no"];
  const server: ChildProcess = spawn(program, options, { stdio: ["ignore", "pipe", "ignore"] });
  for await (const chunk of server.stdout!) if (String(chunk).includes("Ready to accept connections")) break;
  return {
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      server.kill("SIGTERM");
      await once(server, "exit");
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
