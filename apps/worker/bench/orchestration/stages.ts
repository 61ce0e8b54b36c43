import { planStages, type StageSpec, stages } from "@retort/core";
import { planRuns } from "./planning.ts";
import type { BenchPlatform } from "./platform.ts";
import { processorSeconds } from "./processor-time.ts";

export interface Throughput {
  perSecond: number;
  /** Processor time of planner, queue, worker and database, which a busy machine does not change; null where it is not known. */
  processorMs: number | null;
}

/** Stages that do nothing, from the planner to the recorded success. Checks that each had one attempt. */
export async function measureThroughput(platform: BenchPlatform, numStages: number): Promise<Throughput> {
  for (const run of planRuns(200, { points: 1 })) await platform.create(run);
  await platform.untilDone();
  const startMs = performance.now();
  const startProcessor = processorSeconds();
  for (const run of planRuns(numStages)) await platform.create(run);
  await platform.untilDone();
  const seconds = (performance.now() - startMs) / 1_000;
  const processor = startProcessor === null ? null : processorSeconds()! - startProcessor;
  const { rows } = await platform.db.pool.query<{ stages: number; attempts: number }>(
    `SELECT count(*) AS stages, (SELECT count(*) FROM attempt WHERE status = 'succeeded') AS attempts
     FROM stage WHERE status = 'succeeded' AND attempt = 1`,
  );
  const { stages: done, attempts } = rows[0]!;
  if (done !== numStages + 200 || attempts !== done) throw new Error(`${done} stages in ${attempts} attempts`);
  return { perSecond: numStages / seconds, processorMs: processor === null ? null : (processor * 1_000) / numStages };
}

const numWarmUp = 4;
const numSecondStages = 40;
const atOnce = 2;

/** Stages of one second in processes of their own, two at once. @returns by how many percent they take longer than their seconds */
export async function measureOneSecondStages(platform: BenchPlatform): Promise<number> {
  const launch = async (count: number, seed: number) => {
    const specs = Array.from(
      { length: count },
      (_, i): StageSpec => ({
        name: `second-${i}`,
        kind: "diagnostic",
        params: { steps: 1, stepMs: 1_000, load: "idle" },
        inputs: {},
        seed: seed + i,
      }),
    );
    await platform.create(planStages(specs, { definitions: stages, fingerprints: new Map() }));
    await platform.untilDone();
  };
  await launch(numWarmUp, 0);
  const startMs = performance.now();
  await launch(numSecondStages, 1_000);
  const seconds = (performance.now() - startMs) / 1_000;
  return (seconds / (numSecondStages / atOnce) - 1) * 100;
}

const pointsPerStage = 50_000;
const numReporters = 8;

/** Points of eight stages at once, from a worker's process to the database. @returns points a second; checks that all are there */
export async function measureIngestion(platform: BenchPlatform): Promise<number> {
  const startMs = performance.now();
  const [run] = planRuns(numReporters, { points: pointsPerStage });
  const runId = await platform.create(run!);
  await platform.untilDone();
  const seconds = (performance.now() - startMs) / 1_000;
  const { rows } = await platform.db.pool.query<{ n: number }>(
    "SELECT count(*) AS n FROM metric WHERE stage_id IN (SELECT stage_id FROM run_stage WHERE run_id = $1)",
    [runId],
  );
  const total = pointsPerStage * numReporters;
  if (rows[0]!.n !== total) throw new Error(`${rows[0]!.n} of ${total} points are stored`);
  return total / seconds;
}
