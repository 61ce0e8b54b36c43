import { appendFileSync } from "node:fs";
import { createDatabase, type Database } from "@retort/db";
import { createQueue, type Queue } from "@retort/queue";
import { createStore } from "@retort/store";
import { readEnv } from "../src/env.ts";
import { stderrLog as log } from "../src/log.ts";
import { shutDownOnSignal } from "../src/shutdown.ts";
import { defaultSettings, Worker } from "../src/worker.ts";

// A worker as in main.ts, with less patience and three things of the chaos suite: it writes down every metric point that was acknowledged,
// sends every job twice, and its clock jumps by an hour at SIGUSR2.

const ackPath = process.argv[2];
if (ackPath === undefined) throw new Error("usage: worker.ts <file for acknowledged points>");

const env = readEnv();
const db = createDatabase({ url: env.databaseUrl, log: (message) => log("warn", message) });
const queue = createQueue({
  postgresUrl: env.databaseUrl,
  redisUrl: env.redisUrl,
  log: (message) => log("warn", message),
});
letClockJump();
const worker = await Worker.start({
  name: env.name,
  device: { providers: ["cpu"], threads: env.threads ?? 1, memoryBytes: env.memoryBytes ?? 3 * 2 ** 30 },
  db: withAcknowledgements(db, ackPath),
  queue: delivering(queue),
  store: createStore(env.storeUrl),
  workRoot: env.workRoot,
  log,
  settings: {
    ...defaultSettings,
    leaseMs: env.leaseMs,
    stopGraceMs: env.stopGraceMs,
    heartbeatMs: 400,
    pollMs: 2_000,
    aliveEveryMs: 1_000,
    reconcileEveryMs: 500,
    rewakeAfterMs: 3_000,
    workerSilentMs: 6_000,
    leaderSilentMs: 2_000,
  },
});
shutDownOnSignal({
  stop: async () => {
    await worker.stop();
    await queue.close();
    await db.close();
  },
  deadlineMs: env.stopGraceMs + 5_000,
  log,
});

/** A line a batch: what the database has said that it holds. */
function withAcknowledgements(database: Database, path: string): Database {
  const { metrics } = database;
  return {
    ...database,
    metrics: {
      ...metrics,
      async write(fence, points) {
        await metrics.write(fence, points);
        appendFileSync(path, `${JSON.stringify({ ...fence, points })}\n`);
      },
    },
  };
}

/** Each job twice. */
function delivering(inner: Queue): Queue {
  return {
    ...inner,
    addBulk: (jobs) =>
      inner.addBulk(jobs.flatMap((job) => [job, { ...job, ...(job.jobId && { jobId: `${job.jobId}-again` }) }])),
  };
}

/** Forward and back by turns: timers go on as they were, as on a machine whose clock is set. */
function letClockJump(): void {
  const realNow = Date.now;
  const RealDate = Date;
  let offsetMs = 0;
  process.on("SIGUSR2", () => {
    offsetMs = offsetMs === 0 ? 3_600_000 : 0;
    log("warn", `the clock jumps by ${offsetMs === 0 ? -1 : 1} h`);
  });
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args) =>
      args.length === 0 ? new target(realNow() + offsetMs) : Reflect.construct(target, args),
    get: (target, name) => (name === "now" ? () => realNow() + offsetMs : Reflect.get(target, name)),
  });
}
