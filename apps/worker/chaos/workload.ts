import type { Cluster } from "./cluster.ts";

export interface WorkloadOptions {
  /** Runs that wait, count and hash, with checkpoints, and of which a second stage checks the report. */
  numDiagnostics: number;
  /** Runs that train a small vision-language model, with checkpoints, and evaluate it twice. */
  numTrainings: number;
}

/** Launches the sweep through the API. @returns ids of its runs */
export async function launchSweep({ retort }: Cluster, options: WorkloadOptions): Promise<string[]> {
  const seeds = (count: number) => Array.from({ length: count }, (_, seed) => seed);
  const training = await retort.runs.launch.mutate({
    recipe: "quickstart",
    name: "training",
    seeds: seeds(options.numTrainings),
    params: {
      data: { adapter: "scenes", params: { numTrainImages: 16, numTestImages: 2 } },
      size: "nano",
      training: { numSteps: 200, batchSize: 4, warmupSteps: 10, checkpointEverySteps: 20 },
      threads: 1,
      numSampleImages: 1,
    },
  });
  const diagnostic = await retort.runs.launch.mutate({
    recipe: "diagnostic",
    name: "diagnostic",
    seeds: seeds(options.numDiagnostics),
    params: { steps: 30, stepMs: 40, load: "idle", checkpointEvery: 5 },
  });
  return [...training.runIds, ...diagnostic.runIds];
}

/** Everything that the sweep gave, by content key: files, curves without what measures time, scores. Equal work gives equal text. */
export async function results({ db }: Cluster): Promise<Map<string, string>> {
  const { rows } = await db.pool.query<{ contentKey: string; result: string }>(
    `SELECT s.content_key AS "contentKey", concat_ws(' | ',
      (SELECT string_agg(a.name || ' ' || a.sha256, ', ' ORDER BY a.name) FROM artifact a WHERE a.stage_id = s.id),
      (SELECT count(*) || ' points ' || md5(string_agg(m.key || ' ' || m.step || ' ' || m.value, ',' ORDER BY m.key, m.step))
        FROM metric m WHERE m.stage_id = s.id AND m.key !~ '(Ms|PerSecond)$'),
      (SELECT string_agg(e.condition || ' ' || v.metric || ' ' || v.value, ', ' ORDER BY e.condition, v.metric)
        FROM evaluation e JOIN evaluation_metric v ON v.evaluation_id = e.id
        WHERE e.stage_id = s.id AND v.metric !~ '(Ms|PerSecond)$'),
      (SELECT md5(string_agg(e.condition || p.sample_id || p.score, ',' ORDER BY e.condition, p.index))
        FROM evaluation e JOIN evaluation_sample p ON p.evaluation_id = e.id WHERE e.stage_id = s.id)
    ) AS result FROM stage s`,
  );
  return new Map(rows.map(({ contentKey, result }) => [contentKey, result]));
}
