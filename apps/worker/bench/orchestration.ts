import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startTestPostgres } from "@retort/db/testing";
import { hasRedis, TestRedis } from "@retort/queue/testing";
import { planningFigures } from "./orchestration/planning.ts";
import { BenchPlatform } from "./orchestration/platform.ts";
import { report } from "./orchestration/report.ts";
import { measureIngestion, measureOneSecondStages, measureThroughput } from "./orchestration/stages.ts";

// npm run bench -- orchestration [--json] [--stages 10000] [--backend postgres|redis] [--fsync]
// What the platform costs: stages that do nothing from planner to recorded success through queue, worker process and database, stages of
// a second, planning, and metrics from a worker to the database and back. On servers of its own; writes are not synced to the disk
// unless --fsync is given: disks differ more than anything that is measured here.

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    stages: { type: "string", default: "10000" },
    backend: { type: "string" },
    fsync: { type: "boolean", default: false },
  },
});
const numStages = Number(values.stages);
const redis = values.backend === "postgres" || !hasRedis ? null : await TestRedis.start({ durable: false });
if (redis === null && values.backend !== "postgres") console.error("redis-server is not installed: Postgres alone");
const backends = [
  { name: "postgres", redisUrl: undefined, goal: 100 },
  ...(redis === null ? [] : [{ name: "redis", redisUrl: redis.url, goal: 300 }]),
].filter(({ name }) => values.backend === undefined || values.backend === name);

const show = (figure: Parameters<typeof report>[0]) => report(figure, values.json);
const postgres = await startTestPostgres({ durable: values.fsync });
try {
  for (const figure of planningFigures()) show(figure);
  for (const { name, redisUrl, goal } of backends) {
    const platform = await BenchPlatform.open({ databaseUrl: await postgres.createDatabase(), redisUrl });
    try {
      const { perSecond, processorMs } = await measureThroughput(platform, numStages);
      show({ name: `stages.throughput.${name}`, value: perSecond, unit: "stages/s", goal });
      // What two cores have for a stage at that rate.
      const goalMs = 2_000 / goal;
      if (processorMs !== null)
        show({ name: `stages.processor.${name}`, value: processorMs, unit: "ms/stage", goal: goalMs });
      show({ name: `stages.overhead-1s.${name}`, value: await measureOneSecondStages(platform), unit: "%", goal: 5 });
      if (name === "postgres") {
        show({
          name: "metrics.ingest.worker",
          value: await measureIngestion(platform),
          unit: "points/s",
          goal: 40_000,
        });
      }
    } finally {
      await platform.close();
    }
  }
} finally {
  await postgres.stop();
  await redis?.stop();
}

// Reading and listing, which need no worker.
const path = fileURLToPath(new URL("../../../packages/db/bench/metrics-ingest.ts", import.meta.url));
const options = [...(values.json ? ["--json"] : []), ...(values.fsync ? ["--fsync"] : [])];
const { status } = spawnSync(process.execPath, ["--import", "tsx", path, ...options], { stdio: "inherit" });
process.exit(status ?? 1);
