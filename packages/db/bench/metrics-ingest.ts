import { createDatabase, type Database } from "../src/database.ts";
import type { MetricPoint } from "../src/metrics.ts";
import { startTestPostgres } from "../src/testing.ts";
import { claimed, launch, plannedStage, testWorker } from "../src/testing-fixtures.ts";

// npx tsx packages/db/bench/metrics-ingest.ts [--json] [--fsync]
// Metric ingestion, reading a long series, and listing many runs, on a server of its own. Writes are not synced to the
// disk unless --fsync is given: the disk of a laptop and that of a server differ more than anything that is measured here.

const writers = 4;
const batch = 2_000;
const ingestPoints = 400_000;
const seriesPoints = 1_000_000;
const numRuns = 10_000;
const repeats = 7;

interface Figure {
  name: string;
  value: number;
  unit: string;
  goal: number;
  /** Of the repeats. */
  range?: [number, number];
}

const isJson = process.argv.includes("--json");
const postgres = await startTestPostgres({ durable: process.argv.includes("--fsync") });
const db = createDatabase({ url: await postgres.createDatabase(), poolSize: 10 });
try {
  const { id: workerId } = await db.workers.register(testWorker);
  report(await ingest(workerId, 1));
  report(await ingest(workerId, writers));
  report(await readSeries(workerId));
  report(await listRuns());
} finally {
  await db.close();
  await postgres.stop();
}

function report({ name, value, unit, goal, range }: Figure): void {
  const spread = range === undefined ? "" : ` (${range.map((end) => end.toFixed(0)).join(" to ")})`;
  console.log(
    isJson
      ? JSON.stringify({ name, value, unit, goal })
      : `${name}: ${value.toFixed(0)} ${unit}${spread}, goal ${goal}`,
  );
}

async function newStage(workerId: string, name: string) {
  const runId = await launch(db, [plannedStage(name)]);
  return claimed(db, { workerId, leaseMs: 3_600_000, runId, name });
}

/** Points of five curves, as a worker sends them: step by step, in batches, each writer on a stage of its own. */
async function ingest(workerId: string, numWriters: number): Promise<Figure> {
  const keys = ["loss", "learningRate", "gradNorm", "tokensPerSecond", "accuracy"];
  const stages = await Promise.all(
    Array.from({ length: numWriters }, (_, i) => newStage(workerId, `ingest-${numWriters}-${i}`)),
  );
  const perWriter = ingestPoints / numWriters;
  const startMs = performance.now();
  await Promise.all(
    stages.map(async ({ fence }) => {
      for (let first = 0; first < perWriter; first += batch) {
        const points: MetricPoint[] = Array.from({ length: batch }, (_, i) => ({
          key: keys[(first + i) % keys.length]!,
          step: Math.floor((first + i) / keys.length),
          value: Math.random(),
        }));
        await db.metrics.write(fence, points);
      }
    }),
  );
  const seconds = (performance.now() - startMs) / 1000;
  const { rows } = await db.pool.query("SELECT count(*) AS n FROM metric WHERE stage_id = ANY ($1)", [
    stages.map(({ id }) => id),
  ]);
  if (rows[0].n !== ingestPoints) throw new Error(`${rows[0].n} of ${ingestPoints} points are stored`);
  return {
    name: `metrics.ingest.${numWriters}-writers`,
    value: ingestPoints / seconds,
    unit: "points/s",
    goal: 40_000,
  };
}

async function readSeries(workerId: string): Promise<Figure> {
  const stage = await newStage(workerId, "series");
  for (let first = 0; first < seriesPoints; first += 50_000) {
    await db.metrics.write(
      stage.fence,
      Array.from({ length: 50_000 }, (_, i) => ({ key: "loss", step: first + i, value: Math.sin(first + i) })),
    );
  }
  await db.pool.query("VACUUM ANALYZE metric");
  return medianOf("metrics.series.1M-points", 150, async () => {
    const { loss } = await db.metrics.series({ stageId: stage.id, keys: ["loss"], maxPoints: 2_000 });
    if (loss?.length !== 1_954) throw new Error(`${loss?.length} buckets`);
  });
}

async function listRuns(): Promise<Figure> {
  await fillRuns(db);
  return medianOf("runs.list.10000", 200, async () => {
    const { runs } = await db.runs.list({ limit: numRuns, metricKeys: ["loss", "accuracy"] });
    if (runs.length !== numRuns || runs[0]?.metrics.loss === undefined) throw new Error("runs without metrics");
  });
}

/** Runs of three stages with the first shared by ten runs, each stage with five newest metrics. */
async function fillRuns(db: Database): Promise<void> {
  const { id: projectId } = await db.projects.ensure({ slug: "many", name: "Many" });
  await db.pool.query(
    `WITH new_run AS (
      INSERT INTO run (id, project_id, recipe, params, config_key, seed, name, status)
      SELECT uuidv7(), $1, 'bench', '{"learningRate": 0.001, "batchSize": 32, "model": {"dim": 128, "layers": 4}}', 'c' || n, n, 'run ' || n, 'succeeded'
      FROM generate_series(1, $2) n RETURNING id, seed
    ), new_stage AS (
      INSERT INTO stage (id, content_key, key_parts, kind, kind_version, params, seed, resources, status)
      SELECT uuidv7(), 'bench-' || k || '-' || n, '{}', 'bench', 1, '{}', n, '{"device":"cpu","threads":1,"memoryBytes":1}', 'succeeded'
      FROM generate_series(1, $2) n, generate_series(1, 3) k WHERE k > 1 OR n % 10 = 1 RETURNING id, content_key
    ), linked AS (
      INSERT INTO run_stage (run_id, stage_id, name, position, reused)
      SELECT r.id, s.id, 'stage-' || k, k, false FROM new_run r CROSS JOIN generate_series(1, 3) k
      JOIN new_stage s ON s.content_key = 'bench-' || k || '-' || (CASE WHEN k = 1 THEN ((r.seed - 1) / 10) * 10 + 1 ELSE r.seed END)
    ) INSERT INTO metric_latest (stage_id, key, step, value)
      SELECT s.id, m.key, 1000, random() FROM new_stage s
      CROSS JOIN unnest(ARRAY['loss', 'accuracy', 'gradNorm', 'learningRate', 'tokensPerSecond']) AS m (key)`,
    [projectId, numRuns],
  );
  await db.pool.query("ANALYZE");
}

async function medianOf(name: string, goalMs: number, work: () => Promise<void>): Promise<Figure> {
  await work();
  const times: number[] = [];
  for (let i = 0; i < repeats; i++) {
    const startMs = performance.now();
    await work();
    times.push(performance.now() - startMs);
  }
  times.sort((a, b) => a - b);
  return { name, value: times[repeats >> 1]!, unit: "ms", goal: goalMs, range: [times[0]!, times.at(-1)!] };
}
