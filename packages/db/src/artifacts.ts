import type { Pool } from "pg";
import { v7 as uuid } from "uuid";
import { LostLeaseError } from "./errors.ts";
import { notifySql } from "./events.ts";
import { type Fence, fenceSql, fenceValues } from "./fence.ts";
import { jsonb } from "./jsonb.ts";

export interface ArtifactInput {
  name: string;
  /** What the file is: "onnx", "tokenizer", "image", "report". */
  kind: string;
  sha256: string;
  sizeBytes: number;
  meta?: Record<string, unknown>;
}

export interface ArtifactRow {
  id: string;
  stageId: string;
  attempt: number;
  name: string;
  kind: string;
  sha256: string;
  sizeBytes: number;
  meta: Record<string, unknown>;
  createdAt: Date;
}

export interface Artifacts {
  /** One artifact a name; a later attempt's replaces an earlier one's. @throws LostLeaseError */
  record(fence: Fence, artifact: ArtifactInput): Promise<{ id: string }>;
  get(id: string): Promise<ArtifactRow | null>;
  forStage(stageId: string): Promise<ArtifactRow[]>;
  /** Of all stages of the run, in the order of its stages. */
  forRun(runId: string): Promise<(ArtifactRow & { stageName: string; stageKind: string })[]>;
  /** Whether any row (artifact, checkpoint, sample picture, changed code of an attempt or a worker) names this content. */
  isReferenced(sha256: string): Promise<boolean>;
}

const columns = `a.id, a.stage_id AS "stageId", a.attempt, a.name, a.kind, a.sha256, a.size_bytes AS "sizeBytes", a.meta,
  a.created_at AS "createdAt"`;

export function artifacts(pool: Pool): Artifacts {
  return {
    async record(fence, { name, kind, sha256, sizeBytes, meta = {} }) {
      const { rows } = await pool.query<{ id: string }>(
        `WITH ${fenceSql}, written AS (
          INSERT INTO artifact AS a (id, stage_id, attempt, name, kind, sha256, size_bytes, meta)
          SELECT $4::uuid, id, attempt, $5, $6, $7, $8, $9::jsonb FROM fence
          ON CONFLICT (stage_id, name) DO UPDATE SET attempt = excluded.attempt, kind = excluded.kind,
            sha256 = excluded.sha256, size_bytes = excluded.size_bytes, meta = excluded.meta, created_at = now()
          RETURNING a.id, a.stage_id
        ) SELECT id, ${notifySql("stage", "stage_id")} FROM written`,
        [...fenceValues(fence), uuid(), name, kind, sha256, sizeBytes, jsonb(meta)],
      );
      if (rows[0] === undefined) throw new LostLeaseError(fence);
      return { id: rows[0].id };
    },
    async get(id) {
      const { rows } = await pool.query<ArtifactRow>(`SELECT ${columns} FROM artifact a WHERE a.id = $1`, [id]);
      return rows[0] ?? null;
    },
    async forStage(stageId) {
      const text = `SELECT ${columns} FROM artifact a WHERE a.stage_id = $1 ORDER BY a.name`;
      return (await pool.query<ArtifactRow>(text, [stageId])).rows;
    },
    async forRun(runId) {
      const { rows } = await pool.query<ArtifactRow & { stageName: string; stageKind: string }>(
        `SELECT ${columns}, rs.name AS "stageName", s.kind AS "stageKind"
         FROM run_stage rs JOIN stage s ON s.id = rs.stage_id JOIN artifact a ON a.stage_id = s.id
         WHERE rs.run_id = $1 ORDER BY rs.position, a.name`,
        [runId],
      );
      return rows;
    },
    async isReferenced(sha256) {
      const { rowCount } = await pool.query(`SELECT WHERE ${isReferencedSql("$1")}`, [sha256]);
      return rowCount === 1;
    },
  };
}

/** Condition: some row names the content whose sha256 the expression gives. */
export function isReferencedSql(sha256: string): string {
  const names = (table: string, column: string) => `EXISTS (SELECT FROM ${table} WHERE ${column} = ${sha256})`;
  return `(${names("artifact", "sha256")} OR ${names("checkpoint", "sha256")} OR ${names("evaluation_sample", "image_sha256")}
    OR ${names("attempt", "git_diff_sha256")} OR ${names("worker", "environment->>'gitDiffSha256'")})`;
}
