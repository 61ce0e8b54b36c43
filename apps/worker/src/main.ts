import { createDatabase } from "@retort/db";
import { RetortError } from "@retort/engine";
import { createQueue } from "@retort/queue";
import { createStore } from "@retort/store";
import { CodeKeeper } from "./code-keeper.ts";
import { detectDevice } from "./device.ts";
import { readEnv } from "./env.ts";
import { readEnvironment, repository } from "./environment.ts";
import { stderrLog as log } from "./log.ts";
import { shutDownOnSignal } from "./shutdown.ts";
import { defaultSettings, Worker } from "./worker.ts";

// Everything that a worker is made of, put together: read from top to bottom.

async function main(): Promise<void> {
  const env = readEnv();
  const found = await detectDevice();
  const device = {
    ...found,
    threads: env.threads ?? found.threads,
    memoryBytes: env.memoryBytes ?? found.memoryBytes,
  };
  const db = createDatabase({ url: env.databaseUrl, log: (message) => log("warn", message) });
  const store = createStore(env.storeUrl);
  const queue = createQueue({
    postgresUrl: env.databaseUrl,
    redisUrl: env.redisUrl,
    log: (message) => log("warn", message),
  });
  const code = await CodeKeeper.open({ repository, store, log });
  const worker = await Worker.start({
    name: env.name,
    device,
    db,
    queue,
    store,
    workRoot: env.workRoot,
    environment: await readEnvironment(code.begun),
    code,
    log,
    settings: {
      ...defaultSettings,
      leaseMs: env.leaseMs,
      stopGraceMs: env.stopGraceMs,
      checkpointsKept: env.checkpointsKept,
    },
  });
  shutDownOnSignal({
    stop: async () => {
      await worker.stop();
      await queue.close();
      await db.close();
    },
    deadlineMs: env.stopGraceMs + 10_000,
    log,
  });
}

main().catch((error: unknown) => {
  log(
    "error",
    error instanceof RetortError ? error.message : error instanceof Error ? `${error.stack}` : String(error),
  );
  process.exit(1);
});
