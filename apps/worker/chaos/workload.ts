import { setTimeout as sleep } from "node:timers/promises";
import type { SweepRequest } from "@retort/api/client";
import type { Cluster } from "./cluster.ts";

/** Runs of each learning rate: two ways to evaluate, by two seeds. */
export const runsPerRate = 4;

/**
 * Short trainings of a small vision-language model, each evaluated with its pictures and without. Two points that differ in nothing but
 * the pictures that an evaluation keeps share their training; trials are created while others run, so under the same faults.
 */
function sweep(numRuns: number): SweepRequest {
  return {
    recipe: "quickstart",
    name: "chaos",
    params: {
      data: { adapter: "scenes", params: { numTrainImages: 16, numTestImages: 2 } },
      size: "nano",
      training: { numSteps: 60, batchSize: 4, warmupSteps: 10, checkpointEverySteps: 10 },
      threads: 1,
    },
    search: {
      space: {
        parameters: {
          training: { learningRate: { type: "log", min: 1e-4, max: 1e-2, count: numRuns / runsPerRate } },
          numSampleImages: { type: "choice", values: [0, 1] },
        },
        seeds: [1, 2],
      },
    },
    maxConcurrentRuns: 12,
  };
}

/** Launches the sweep through the API. @returns its id */
export async function launchSweep({ retort }: Cluster, numRuns: number): Promise<string> {
  return (await retort.sweeps.launch.mutate(sweep(numRuns))).sweepId;
}

/** Whether every trial has been made and has ended. */
export async function isOver(cluster: Cluster, sweepId: string): Promise<boolean> {
  const text = `SELECT status <> 'running' AND NOT EXISTS (
      SELECT FROM trial t JOIN run r ON r.id = t.run_id WHERE t.sweep_id = sweep.id AND r.finished_at IS NULL
    ) AS over FROM sweep WHERE id = $1`;
  const { rows } = await patiently(() => cluster.db.pool.query<{ over: boolean }>(text, [sweepId]));
  return rows[0]!.over;
}

/**
 * Everything that the sweep gave: of each point and seed the stages that it stands for; of each stage files, curves without what measures
 * time, scores. Equal work gives equal text.
 */
export async function results({ db }: Cluster): Promise<Map<string, string>> {
  const { rows } = await db.pool.query<{ key: string; result: string }>(
    `SELECT 'point ' || t.point || ' seed ' || t.seed AS key,
      (SELECT string_agg(rs.name || ' ' || s.content_key, ', ' ORDER BY rs.position)
        FROM run_stage rs JOIN stage s ON s.id = rs.stage_id WHERE rs.run_id = t.run_id) AS result FROM trial t
    UNION ALL SELECT 'stage ' || s.content_key, concat_ws(' | ',
      (SELECT string_agg(a.name || ' ' || a.sha256, ', ' ORDER BY a.name) FROM artifact a WHERE a.stage_id = s.id),
      (SELECT count(*) || ' points ' || md5(string_agg(m.key || ' ' || m.step || ' ' || m.value, ',' ORDER BY m.key, m.step))
        FROM metric m WHERE m.stage_id = s.id AND m.key !~ '(Ms|PerSecond)$'),
      (SELECT string_agg(e.condition || ' ' || v.metric || ' ' || v.value, ', ' ORDER BY e.condition, v.metric)
        FROM evaluation e JOIN evaluation_metric v ON v.evaluation_id = e.id
        WHERE e.stage_id = s.id AND v.metric !~ '(Ms|PerSecond)$'),
      (SELECT md5(string_agg(e.condition || p.sample_id || p.score, ',' ORDER BY e.condition, p.index))
        FROM evaluation e JOIN evaluation_sample p ON p.evaluation_id = e.id WHERE e.stage_id = s.id)
    ) FROM stage s`,
  );
  return new Map(rows.map(({ key, result }) => [key, result]));
}

/** The database may be away at any moment. */
export async function patiently<T>(read: () => Promise<T>): Promise<T> {
  const untilMs = performance.now() + 60_000;
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (performance.now() > untilMs) throw error;
      await sleep(100);
    }
  }
}
