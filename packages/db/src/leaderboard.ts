import type { Pool } from "pg";

export interface LeaderboardRow {
  configKey: string;
  recipe: string;
  params: Record<string, unknown>;
  dataset: string;
  split: string;
  condition: string;
  metric: string;
  /** Number of seeds; a seed that was launched twice counts once. */
  n: number;
  mean: number;
  /** Sample standard deviation (n - 1); null for one seed. */
  std: number | null;
  min: number;
  max: number;
  seeds: number[];
  /** One run a seed, the newest that has it, in the order of `seeds`. */
  runIds: string[];
  runName: string;
  numSamples: number;
}

/** One measured number of a configuration, its seeds grouped. */
export interface LeaderboardCell {
  configKey: string;
  runName: string;
  params: Record<string, unknown>;
  dataset: string;
  split: string;
  condition: string;
  metric: string;
  n: number;
  mean: number;
  std: number | null;
  runIds: string[];
}

export interface MeasuredRecipe {
  recipe: string;
  /** When its last evaluation was recorded. */
  measuredAt: Date;
}

export interface Leaderboard {
  /** Recipes of which rows() would give any for the metric that is named with each, the one measured last first. */
  measured(query: {
    headlines: readonly { recipe: string; metric: string }[];
    projectId?: string | undefined;
  }): Promise<MeasuredRecipe[]>;
  /** Every metric of every configuration: as rows(), without a choice of metric. */
  cells(query: { recipe: string; projectId?: string | undefined }): Promise<LeaderboardCell[]>;
  /** One row per (configKey, dataset, split, condition); by dataset, split, condition, then highest mean. Cancelled and pruned runs do not count. */
  rows(query: { recipe: string; metric: string; projectId?: string; dataset?: string }): Promise<LeaderboardRow[]>;
}

export function leaderboard(pool: Pool): Leaderboard {
  return {
    async measured({ headlines, projectId }) {
      const { rows } = await pool.query<MeasuredRecipe>(
        `SELECT r.recipe, max(e.created_at) AS "measuredAt"
        FROM unnest($1::text[], $2::text[]) AS headline (recipe, metric)
        JOIN run r ON r.recipe = headline.recipe AND r.status NOT IN ('cancelled', 'pruned')
        JOIN run_stage rs ON rs.run_id = r.id
        JOIN stage s ON s.id = rs.stage_id AND s.status = 'succeeded'
        JOIN evaluation e ON e.stage_id = s.id
        JOIN evaluation_metric m ON m.evaluation_id = e.id AND m.metric = headline.metric
        WHERE $3::uuid IS NULL OR r.project_id = $3
        GROUP BY r.recipe ORDER BY "measuredAt" DESC, r.recipe`,
        [headlines.map(({ recipe }) => recipe), headlines.map(({ metric }) => metric), projectId ?? null],
      );
      return rows;
    },
    async cells({ recipe, projectId }) {
      const { rows } = await pool.query<LeaderboardCell>(
        `WITH seed AS (
          SELECT DISTINCT ON (r.config_key, e.dataset, e.split, e.condition, m.metric, r.seed)
            r.config_key, r.params, r.name, r.id AS run_id, r.seed, e.dataset, e.split, e.condition, m.metric, m.value
          FROM run r
          JOIN run_stage rs ON rs.run_id = r.id
          JOIN stage s ON s.id = rs.stage_id AND s.status = 'succeeded'
          JOIN evaluation e ON e.stage_id = s.id
          JOIN evaluation_metric m ON m.evaluation_id = e.id
          WHERE r.recipe = $1 AND r.status NOT IN ('cancelled', 'pruned') AND ($2::uuid IS NULL OR r.project_id = $2)
          ORDER BY r.config_key, e.dataset, e.split, e.condition, m.metric, r.seed, r.id DESC, rs.position DESC
        )
        SELECT config_key AS "configKey", (array_agg(name ORDER BY run_id DESC))[1] AS "runName",
          (array_agg(params ORDER BY run_id DESC))[1] AS params, dataset, split, condition, metric,
          count(*) AS n, avg(value) AS mean, stddev_samp(value) AS std, array_agg(run_id ORDER BY seed) AS "runIds"
        FROM seed GROUP BY config_key, dataset, split, condition, metric
        ORDER BY dataset, split, condition, metric, mean DESC, config_key`,
        [recipe, projectId ?? null],
      );
      return rows;
    },
    async rows({ recipe, metric, projectId, dataset }) {
      const { rows } = await pool.query<LeaderboardRow>(
        `WITH seed AS (
          -- One number a seed: of a run that evaluates twice under one condition the last stage's, of two runs with one seed the newer's.
          SELECT DISTINCT ON (r.config_key, e.dataset, e.split, e.condition, r.seed)
            r.config_key, r.params, r.name, r.id AS run_id, r.seed, e.dataset, e.split, e.condition, e.num_samples, m.value
          FROM run r
          JOIN run_stage rs ON rs.run_id = r.id
          JOIN stage s ON s.id = rs.stage_id AND s.status = 'succeeded'
          JOIN evaluation e ON e.stage_id = s.id
          JOIN evaluation_metric m ON m.evaluation_id = e.id AND m.metric = $2
          WHERE r.recipe = $1 AND r.status NOT IN ('cancelled', 'pruned')
            AND ($3::uuid IS NULL OR r.project_id = $3) AND ($4::text IS NULL OR e.dataset = $4)
          ORDER BY r.config_key, e.dataset, e.split, e.condition, r.seed, r.id DESC, rs.position DESC
        )
        SELECT config_key AS "configKey", $1 AS recipe, (array_agg(params ORDER BY run_id DESC))[1] AS params,
          dataset, split, condition, $2 AS metric, count(*) AS n, avg(value) AS mean, stddev_samp(value) AS std,
          min(value) AS min, max(value) AS max, array_agg(seed ORDER BY seed) AS seeds,
          array_agg(run_id ORDER BY seed) AS "runIds", (array_agg(name ORDER BY run_id DESC))[1] AS "runName",
          (array_agg(num_samples ORDER BY run_id DESC))[1] AS "numSamples"
        FROM seed GROUP BY config_key, dataset, split, condition
        ORDER BY dataset, split, condition, mean DESC, config_key`,
        [recipe, metric, projectId ?? null, dataset ?? null],
      );
      return rows;
    },
  };
}
