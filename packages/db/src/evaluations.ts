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

export interface Evaluations {
  /** All of it or nothing; a second save of the same (dataset, split, condition) replaces the first. @throws LostLeaseError */
  save(fence: Fence, evaluation: EvaluationInput): Promise<{ id: string }>;
  forRun(runId: string): Promise<EvaluationRow[]>;
  /** In the order of the evaluation. `onlyWrong`: score below 0.5; `onlyWithImage`: those that have a picture. */
  samples(query: {
    evaluationId: string;
    offset: number;
    limit: number;
    onlyWrong?: boolean;
    onlyWithImage?: boolean;
  }): Promise<{ total: number; samples: EvaluationSampleRow[] }>;
}

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
    async samples({ evaluationId, offset, limit, onlyWrong = false, onlyWithImage = false }) {
      const where = `evaluation_id = $1 AND (NOT $2 OR score < 0.5) AND (NOT $3 OR image_sha256 IS NOT NULL)`;
      const values = [evaluationId, onlyWrong, onlyWithImage];
      const [counted, page] = await Promise.all([
        pool.query<{ total: number }>(`SELECT count(*) AS total FROM evaluation_sample WHERE ${where}`, values),
        pool.query<EvaluationSampleRow>(
          `SELECT index, sample_id AS "sampleId", cluster_id AS "clusterId", score, detail, image_sha256 AS "imageSha256"
           FROM evaluation_sample WHERE ${where} ORDER BY index OFFSET $4 LIMIT $5`,
          [...values, offset, limit],
        ),
      ]);
      return { total: counted.rows[0]?.total ?? 0, samples: page.rows };
    },
  };
}
