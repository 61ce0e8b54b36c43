import { readFile } from "node:fs/promises";
import type { Cluster } from "./cluster.ts";
import { results } from "./workload.ts";

/** What must hold in the database when the sweep is over, each with a query that finds where it does not. */
const queries = {
  "every run has succeeded": "SELECT id, status FROM run WHERE status <> 'succeeded' OR finished_at IS NULL",
  "every grid point has exactly one run a seed": `SELECT t.point::text, t.seed, count(*) FROM trial t
    GROUP BY t.point::text, t.seed HAVING count(*) <> 1 OR bool_or(t.run_id IS NULL)`,
  "no run is without its point": "SELECT r.id FROM run r WHERE NOT EXISTS (SELECT FROM trial t WHERE t.run_id = r.id)",
  "every stage has exactly one accepted result": `SELECT s.id, s.status, s.attempt FROM stage s
    WHERE s.status <> 'succeeded' OR NOT EXISTS (
      SELECT FROM attempt a WHERE a.stage_id = s.id AND a.number = s.attempt AND a.status = 'succeeded'
    ) OR (SELECT count(*) FROM attempt a WHERE a.stage_id = s.id AND a.status = 'succeeded') <> 1
      OR (SELECT count(*) FROM attempt a WHERE a.stage_id = s.id) <> s.attempt`,
  "every result is that of the accepted attempt":
    "SELECT s.id, a.name FROM stage s JOIN artifact a ON a.stage_id = s.id WHERE a.attempt <> s.attempt",
  "no write of a dead attempt was accepted": `SELECT a.stage_id, a.number, what FROM attempt a CROSS JOIN LATERAL (
      SELECT 'metric' AS what FROM metric m WHERE m.stage_id = a.stage_id AND m.attempt = a.number AND m.at > a.finished_at
      UNION ALL SELECT 'artifact' FROM artifact f WHERE f.stage_id = a.stage_id AND f.attempt = a.number AND f.created_at > a.finished_at
      UNION ALL SELECT 'checkpoint' FROM checkpoint c WHERE c.stage_id = a.stage_id AND c.attempt = a.number AND c.created_at > a.finished_at
      UNION ALL SELECT 'evaluation' FROM evaluation e WHERE e.stage_id = a.stage_id AND e.attempt = a.number AND e.created_at > a.finished_at
    ) late`,
  "what an attempt resumed from is older than it, and what follows is its own": `SELECT m.stage_id, m.key, m.step FROM attempt a
    JOIN metric m ON m.stage_id = a.stage_id AND m.attempt < a.number AND m.step > a.resumed_from_step
    WHERE a.resumed_from_step IS NOT NULL`,
  "nothing is running any more": `SELECT id AS stage FROM stage WHERE status = 'running'
    UNION ALL SELECT stage_id FROM attempt WHERE status = 'running' OR finished_at IS NULL`,
  "no stage began before its inputs were there": `SELECT s.id FROM stage s JOIN stage_input i ON i.stage_id = s.id
    JOIN stage source ON source.id = i.source_stage_id WHERE s.started_at < source.finished_at`,
};

/** @returns what does not hold, in words; empty when all does */
export async function violations(cluster: Cluster, undisturbed: ReadonlyMap<string, string>): Promise<string[]> {
  const found: string[] = [];
  for (const [name, query] of Object.entries(queries)) {
    const { rows } = await cluster.db.pool.query(query);
    if (rows.length > 0) found.push(`${name}: not for ${rows.length}, first ${JSON.stringify(rows[0])}`);
  }
  found.push(...(await lostAcknowledgements(cluster)), ...different(await results(cluster), undisturbed));
  return found;
}

interface Acknowledged {
  stageId: string;
  attempt: number;
  points: { key: string; step: number; value: number }[];
}

/** Points whose write the database had confirmed, and which are not there now with their value. */
async function lostAcknowledgements(cluster: Cluster): Promise<string[]> {
  const { rows } = await cluster.db.pool.query<{ id: string; value: number }>(
    "SELECT stage_id || ' ' || key || ' ' || step AS id, value FROM metric",
  );
  const stored = new Map(rows.map(({ id, value }) => [id, value]));
  const lost = (await acknowledged(cluster)).flatMap(({ stageId, points }) =>
    points.filter(({ key, step, value }) => {
      const now = stored.get(`${stageId} ${key} ${step}`);
      // A step that was made again took another time.
      return now === undefined || (now !== value && !/(Ms|PerSecond)$/.test(key));
    }),
  );
  return lost.length === 0
    ? []
    : [`acknowledged metric points are lost: ${lost.length}, first ${JSON.stringify(lost[0])}`];
}

export async function acknowledged(cluster: Cluster): Promise<Acknowledged[]> {
  const files = await Promise.all(cluster.ackPaths().map((path) => readFile(path, "utf8").catch(() => "")));
  // A worker that was killed while it wrote leaves half a line: nobody had been told of it.
  return files.flatMap((text) => text.split("\n").slice(0, -1).flatMap(parseLine));
}

function parseLine(line: string): Acknowledged[] {
  try {
    return [JSON.parse(line) as Acknowledged];
  } catch {
    return [];
  }
}

function different(ours: ReadonlyMap<string, string>, undisturbed: ReadonlyMap<string, string>): string[] {
  const keys = new Set([...ours.keys(), ...undisturbed.keys()]);
  const differing = [...keys].filter((key) => ours.get(key) !== undisturbed.get(key));
  if (differing.length === 0) return [];
  const [first] = differing;
  return [
    `results differ from those of the undisturbed sweep in ${differing.length} places; ${first}:\n  ${ours.get(first!)}\n  ${undisturbed.get(first!)}`,
  ];
}
