import type { EvaluationResult, EvaluationSample } from "@retort/core";
import type { Pool } from "pg";
import { v7 as uuid } from "uuid";
import { notifySql } from "./events.ts";
import { type Fence, holdFence } from "./fence.ts";
import { jsonb, numbers } from "./jsonb.ts";
import { transaction } from "./transaction.ts";

/** An evaluation whose pictures are already in the store. */
export interface EvaluationInput extends Omit<EvaluationResult, "samples"> {
  samples: readonly (Omit<EvaluationSample, "imagePng"> & { imageSha256?: string | null })[];
}

export interface EvaluationRow {
  id: string;
  stageId: string;
  /** Name of the stage in the run that was asked for. */
  stageName: string;
  attempt: number;
  dataset: string;
  split: string;
  condition: string;
  numSamples: number;
  metrics: Record<string, number>;
  createdAt: Date;
}

export interface EvaluationSampleRow {
  index: number;
  sampleId: string;
  clusterId: string;
  score: number;
  detail: Record<string, unknown>;
  imageSha256: string | null;
}

/** What one run's evaluation under one condition says of a metric. */
export interface MeasuredRun {
  runId: string;
  seed: number;
  value: number;
  /** Mean of its samples' scores: equal to the value where the metric is that very mean. */
  meanScore: number | null;
}

/** A sample's score, averaged over runs. */
export interface SampleScore {
  sampleId: string;
  clusterId: string;
  score: number;
}

/** Which evaluations of some runs: of a run that evaluates twice under one condition, the last stage's. */
export interface EvaluationChoice {
  runIds: readonly string[];
  dataset: string;
  split: string;
  condition: string;
}

export interface SampleQuery {
  evaluationId: string;
  offset: number;
  limit: number;
  /** Score below 0.5. */
  onlyWrong?: boolean;
  onlyWithImage?: boolean;
  /** Fields of the details and the value that each must have: { category: "screw" }. */
  fields?: Readonly<Record<string, string>>;
  /** Only these. */
  sampleIds?: readonly string[];
  /** In the evaluation's own order, or by score. */
  order?: "index" | "worst" | "best";
}

export interface SampleFacet {
  key: string;
  values: { value: string; n: number; meanScore: number }[];
}

export interface Evaluations {
  /** All of it or nothing; a second save of the same (dataset, split, condition) replaces the first. @throws LostLeaseError */
  save(fence: Fence, evaluation: EvaluationInput): Promise<{ id: string }>;
  forRun(runId: string): Promise<EvaluationRow[]>;
  /** Those that the query names, in its order. */
  samples(query: SampleQuery): Promise<{ total: number; samples: EvaluationSampleRow[] }>;
  /** Fields of the samples' details that have few different values, such as category and defect, with each value's mean score. */
  facets(evaluationId: string): Promise<SampleFacet[]>;
  /** The metric of each run that has measured it, by seed. */
  measured(choice: EvaluationChoice & { metric: string }): Promise<MeasuredRun[]>;
  /** Scores of the samples that all the runs have answered, by sample id. */
  scores(choice: EvaluationChoice): Promise<SampleScore[]>;
}

/** A field with more different values tells samples apart and does not group them. */
const mostFacetValues = 30;

const sampleOrders = { index: "index", worst: "score, index", best: "score DESC, index" } as const;

const chosen = `chosen AS (
  SELECT DISTINCT ON (rs.run_id) rs.run_id, e.id
  FROM run_stage rs JOIN stage s ON s.id = rs.stage_id AND s.status = 'succeeded'
  JOIN evaluation e ON e.stage_id = s.id
  WHERE rs.run_id = ANY($1::uuid[]) AND e.dataset = $2 AND e.split = $3 AND e.condition = $4
  ORDER BY rs.run_id, rs.position DESC
)`;

/** Samples a statement: a picture-free sample has some 300 bytes. */
const batchSize = 5_000;

export function evaluations(pool: Pool): Evaluations {
  return {
    save: (fence, { dataset, split, condition, metrics, samples }) =>
      transaction(pool, async (client) => {
        await holdFence(client, fence);
        const id = uuid();
        await client.query(
          "DELETE FROM evaluation WHERE stage_id = $1 AND dataset = $2 AND split = $3 AND condition = $4",
          [fence.stageId, dataset, split, condition],
        );
        await client.query(
          `INSERT INTO evaluation (id, stage_id, attempt, dataset, split, condition, num_samples)
           VALUES ($1, $2, $3, $4, $5, $6, $7)`,
          [id, fence.stageId, fence.attempt, dataset, split, condition, samples.length],
        );
        await client.query(
          `INSERT INTO evaluation_metric (evaluation_id, metric, value)
           SELECT $1, * FROM unnest($2::text[], $3::float8[])`,
          [id, Object.keys(metrics), Object.values(metrics)],
        );
        for (let first = 0; first < samples.length; first += batchSize) {
          const batch = samples.slice(first, first + batchSize);
          await client.query(
            `INSERT INTO evaluation_sample (evaluation_id, index, sample_id, cluster_id, score, detail, image_sha256)
             SELECT $1, $2 + n - 1, sample_id, cluster_id, score, detail::jsonb, image
             FROM unnest($3::text[], $4::text[], $5::float8[], $6::text[], $7::text[])
               WITH ORDINALITY AS s (sample_id, cluster_id, score, detail, image, n)`,
            [
              id,
              first,
              batch.map(({ sampleId }) => sampleId),
              batch.map(({ clusterId }) => clusterId),
              batch.map(({ score }) => score),
              batch.map(({ detail }) => jsonb(detail)),
              batch.map(({ imageSha256 }) => imageSha256 ?? null),
            ],
          );
        }
        await client.query(`SELECT ${notifySql("stage", "$1::text")}`, [fence.stageId]);
        return { id };
      }),
    async forRun(runId) {
      const { rows } = await pool.query<EvaluationRow>(
        `SELECT e.id, e.stage_id AS "stageId", rs.name AS "stageName", e.attempt, e.dataset, e.split, e.condition,
           e.num_samples AS "numSamples", e.created_at AS "createdAt",
           (SELECT coalesce(json_object_agg(m.metric, m.value ORDER BY m.metric), '{}')
            FROM evaluation_metric m WHERE m.evaluation_id = e.id) AS metrics
         FROM run_stage rs JOIN evaluation e ON e.stage_id = rs.stage_id
         WHERE rs.run_id = $1 ORDER BY rs.position, e.dataset, e.split, e.condition`,
        [runId],
      );
      return rows.map((row) => ({ ...row, metrics: numbers(row.metrics) }));
    },
    async samples({
      evaluationId,
      offset,
      limit,
      onlyWrong = false,
      onlyWithImage = false,
      fields = {},
      sampleIds,
      order = "index",
    }) {
      const where = `evaluation_id = $1 AND (NOT $2 OR score < 0.5) AND (NOT $3 OR image_sha256 IS NOT NULL)
        AND ($4::text[] IS NULL OR sample_id = ANY ($4::text[]))
        AND NOT EXISTS (SELECT FROM jsonb_each_text($5::jsonb) AS f WHERE detail->>f.key IS DISTINCT FROM f.value)`;
      const values = [evaluationId, onlyWrong, onlyWithImage, sampleIds ?? null, jsonb(fields)];
      const [counted, page] = await Promise.all([
        pool.query<{ total: number }>(`SELECT count(*) AS total FROM evaluation_sample WHERE ${where}`, values),
        pool.query<EvaluationSampleRow>(
          `SELECT index, sample_id AS "sampleId", cluster_id AS "clusterId", score, detail, image_sha256 AS "imageSha256"
           FROM evaluation_sample WHERE ${where} ORDER BY ${sampleOrders[order]} OFFSET $6 LIMIT $7`,
          [...values, offset, limit],
        ),
      ]);
      return { total: counted.rows[0]?.total ?? 0, samples: page.rows };
    },
    async facets(evaluationId) {
      const { rows } = await pool.query<SampleFacet>(
        `WITH value AS (
          SELECT f.key, f.value, count(*) AS n, avg(s.score) AS mean
          FROM evaluation_sample s, jsonb_each_text(s.detail) AS f WHERE s.evaluation_id = $1 GROUP BY f.key, f.value
        )
        SELECT key, json_agg(json_build_object('value', value, 'n', n, 'meanScore', mean) ORDER BY value) AS values
        FROM value WHERE value IS NOT NULL GROUP BY key HAVING count(*) BETWEEN 2 AND $2 ORDER BY key`,
        [evaluationId, mostFacetValues],
      );
      return rows;
    },
    async measured({ runIds, dataset, split, condition, metric }) {
      const { rows } = await pool.query<MeasuredRun>(
        `WITH ${chosen}
         SELECT r.id AS "runId", r.seed, m.value,
           (SELECT avg(score) FROM evaluation_sample WHERE evaluation_id = chosen.id) AS "meanScore"
         FROM chosen JOIN run r ON r.id = chosen.run_id
         JOIN evaluation_metric m ON m.evaluation_id = chosen.id AND m.metric = $5
         ORDER BY r.seed, r.id`,
        [runIds, dataset, split, condition, metric],
      );
      return rows;
    },
    async scores({ runIds, dataset, split, condition }) {
      const { rows } = await pool.query<SampleScore>(
        `WITH ${chosen}
         SELECT s.sample_id AS "sampleId", min(s.cluster_id) AS "clusterId", avg(s.score) AS score
         FROM chosen JOIN evaluation_sample s ON s.evaluation_id = chosen.id
         GROUP BY s.sample_id HAVING count(*) = (SELECT count(*) FROM chosen) ORDER BY s.sample_id`,
        [runIds, dataset, split, condition],
      );
      return rows;
    },
  };
}
