import { classify } from "@retort/core";
import type { Pool } from "pg";
import { notifySql } from "./events.ts";
import { jsonb } from "./jsonb.ts";
import { askForTrials, type Fingerprint } from "./sweep-ask.ts";
import { judgeTrials, pruneWaiting } from "./sweep-judge.ts";
import { takeLooks } from "./sweep-looks.ts";
import { exploitTrials } from "./sweep-population.ts";
import { lockSweep } from "./sweep-rows.ts";
import { countLive, liveSql, readTrials } from "./sweep-trials.ts";
import { transaction } from "./transaction.ts";

/** Most sweeps have asked for all they will and only wait for their trials: they are left alone until the last has ended. */
const dueSql = `SELECT w.id FROM sweep w
  WHERE w.status = 'running' AND (NOT w.is_complete OR w.search->'pruner'->>'kind' <> 'none'
    OR w.search->>'population' IS NOT NULL OR NOT EXISTS (SELECT ${liveSql("w.id")}))
  ORDER BY w.priority DESC, w.id`;

/** Takes every running sweep as far as it goes now; one whose search cannot go on is failed, saying why. */
export async function advanceSweeps(
  pool: Pool,
  { fingerprint, onFailure }: { fingerprint: Fingerprint; onFailure?: (sweepId: string, message: string) => void },
): Promise<void> {
  const { rows } = await pool.query<{ id: string }>(dueSql);
  for (const { id } of rows) {
    try {
      await advanceSweep(pool, id, fingerprint);
    } catch (error) {
      // One sweep that cannot go on holds up no other.
      const failure = classify(error);
      if (failure.kind !== "infrastructure") await failSweep(pool, id, failure);
      onFailure?.(id, failure.message);
    }
  }
}

/** Judges what its trials have shown, asks for more while there is room, and ends it when nothing is left. Safe to call at any time, by anyone. */
export async function advanceSweep(pool: Pool, sweepId: string, fingerprint: Fingerprint): Promise<void> {
  await transaction(pool, async (client) => {
    const sweep = await lockSweep(client, sweepId);
    const isJudged = sweep.search.pruner.kind !== "none" || sweep.search.population !== null;
    if (sweep.status !== "running" || !isJudged) return;
    const trials = await readTrials(client, sweep);
    const news = await takeLooks(client, sweep, trials);
    await judgeTrials(client, sweep, { trials, news });
    await exploitTrials(client, sweep, { trials, news, fingerprint });
  });
  await askForTrials(pool, sweepId, fingerprint);
  await finishSweep(pool, sweepId);
}

async function finishSweep(pool: Pool, sweepId: string): Promise<void> {
  await transaction(pool, async (client) => {
    const sweep = await lockSweep(client, sweepId);
    if (sweep.status !== "running" || !sweep.isComplete) return;
    if ((await countLive(client, sweepId)) > 0) return;
    const trials = await readTrials(client, sweep);
    await pruneWaiting(client, sweep, trials);
    // Trials that a person has paused are still awaited.
    if (trials.some(({ status, stoppedAtStep }) => status === "paused" && stoppedAtStep === null)) return;
    await client.query(
      `UPDATE sweep SET status = 'finished', finished_at = clock_timestamp() WHERE id = $1 RETURNING ${notifySql("sweep", "id")}`,
      [sweepId],
    );
  });
}

async function failSweep(pool: Pool, sweepId: string, failure: unknown): Promise<void> {
  await pool.query(
    `UPDATE sweep SET status = 'failed', error = $2::jsonb, finished_at = clock_timestamp()
     WHERE id = $1 AND status = 'running' RETURNING ${notifySql("sweep", "id")}`,
    [sweepId, jsonb(failure)],
  );
}
