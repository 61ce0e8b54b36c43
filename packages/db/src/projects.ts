import type { Pool } from "pg";
import { v7 as uuid } from "uuid";

export interface ProjectRow {
  id: string;
  slug: string;
  name: string;
  createdAt: Date;
}

export interface Projects {
  /** The project of that slug, made when missing. An existing one keeps its name. */
  ensure(project: { slug: string; name: string }): Promise<ProjectRow>;
  /** By slug. */
  list(): Promise<ProjectRow[]>;
  get(slug: string): Promise<ProjectRow | null>;
}

const columns = `id, slug, name, created_at AS "createdAt"`;

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
  };
}
