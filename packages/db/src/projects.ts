import type { Pool } from "pg";
import { v7 as uuid } from "uuid";
import { NotFoundError } from "./errors.ts";

export interface ProjectRow {
  id: string;
  slug: string;
  name: string;
  /** At most so many of its stages run at once; null for no limit. */
  maxRunning: number | null;
  /** Of several projects that want one machine, each gets stages in proportion to its share. */
  share: number;
  /** Its stages have keys of their own: neither given to other projects nor taken from them. */
  isIsolated: boolean;
  createdAt: Date;
}

export interface Projects {
  /** The project of that slug, made when missing. An existing one keeps its name. */
  ensure(project: { slug: string; name: string }): Promise<ProjectRow>;
  /** By slug. */
  list(): Promise<ProjectRow[]>;
  get(slug: string): Promise<ProjectRow | null>;
  /** @throws NotFoundError */
  setLimits(slug: string, limits: { maxRunning?: number | null; share?: number }): Promise<ProjectRow>;
  /** Whether stages that are planned from now on are shared with other projects. @throws NotFoundError */
  setIsolated(slug: string, isIsolated: boolean): Promise<ProjectRow>;
}

const columns = `id, slug, name, max_running AS "maxRunning", share, is_isolated AS "isIsolated", created_at AS "createdAt"`;

export function projects(pool: Pool): Projects {
  return {
    async ensure({ slug, name }) {
      // An update that changes nothing: so that the row is returned also when somebody else has just made it.
      const { rows } = await pool.query<ProjectRow>(
        `INSERT INTO project (id, slug, name) VALUES ($1, $2, $3)
         ON CONFLICT (slug) DO UPDATE SET slug = excluded.slug RETURNING ${columns}`,
        [uuid(), slug, name],
      );
      return rows[0]!;
    },
    async list() {
      return (await pool.query<ProjectRow>(`SELECT ${columns} FROM project ORDER BY slug`)).rows;
    },
    async get(slug) {
      const { rows } = await pool.query<ProjectRow>(`SELECT ${columns} FROM project WHERE slug = $1`, [slug]);
      return rows[0] ?? null;
    },
    async setLimits(slug, { maxRunning, share }) {
      const { rows } = await pool.query<ProjectRow>(
        `UPDATE project SET max_running = CASE WHEN $2 THEN $3::int ELSE max_running END, share = coalesce($4, share)
         WHERE slug = $1 RETURNING ${columns}`,
        [slug, maxRunning !== undefined, maxRunning ?? null, share ?? null],
      );
      if (rows[0] === undefined) throw new NotFoundError("project", slug);
      return rows[0];
    },
    async setIsolated(slug, isIsolated) {
      const text = `UPDATE project SET is_isolated = $2 WHERE slug = $1 RETURNING ${columns}`;
      const { rows } = await pool.query<ProjectRow>(text, [slug, isIsolated]);
      if (rows[0] === undefined) throw new NotFoundError("project", slug);
      return rows[0];
    },
  };
}
