import type { Database } from "@retort/db";
import type { SweepExport } from "../contract/sweep.ts";
import { findSweep, findSweepRow, toTrials } from "./sweep.ts";

/** Everything that is known of a sweep's trials: rows for scripts, and the same as CSV. @throws NotFoundError */
export async function exportSweep(db: Database, sweepId: string): Promise<SweepExport> {
  const row = await findSweepRow(db, sweepId);
  const [sweep, trials, details] = await Promise.all([
    findSweep(db, sweepId),
    db.sweeps.trials(row),
    db.sweeps.runDetails(sweepId),
  ]);
  const byRun = new Map(details.map((detail) => [detail.runId, detail]));
  const configKeys = new Map(trials.map(({ number, configKey }) => [number, configKey]));
  const rows = toTrials(row, trials).map((trial) => {
    const { metrics = {}, contentKeys = {}, deviceSeconds = 0 } = byRun.get(trial.runId ?? "") ?? {};
    return { ...trial, metrics, contentKeys, deviceSeconds, configKey: configKeys.get(trial.trial) ?? null };
  });
  return { sweep, rows, csv: toCsv(sweep.columns, rows) };
}

type Row = SweepExport["rows"][number];

function toCsv(columns: readonly string[], rows: readonly Row[]): string {
  const keysOf = (part: (row: Row) => Record<string, unknown>) => [
    ...new Set(rows.flatMap((row) => Object.keys(part(row)))),
  ];
  const labels = keysOf((row) => row.labels);
  const metrics = keysOf((row) => row.metrics);
  const stages = keysOf((row) => row.contentKeys);
  const head = [
    ...["trial", "seed", "status", "value", ...columns, ...labels.map((name) => `ablations.${name}`)],
    ...["stoppedAtStep", "reason", "originTrial", "originStep", "runId", "configKey"],
    ...[
      "createdAt",
      "startedAt",
      "finishedAt",
      "deviceSeconds",
      ...metrics,
      ...stages.map((name) => `contentKey.${name}`),
    ],
  ];
  const lines = rows.map((row) => [
    ...[row.trial, row.seed, row.status, row.value, ...columns.map((path) => row.point[path])],
    ...labels.map((name) => row.labels[name]),
    ...[row.stoppedAtStep, row.reason, row.origin?.trial, row.origin?.step, row.runId, row.configKey],
    ...[row.createdAt, row.startedAt, row.finishedAt, row.deviceSeconds],
    ...metrics.map((key) => row.metrics[key]),
    ...stages.map((name) => row.contentKeys[name]),
  ]);
  return [head, ...lines].map((cells) => `${cells.map(toCell).join(",")}\r\n`).join("");
}

/** RFC 4180: quoted where it must be. */
function toCell(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) return value.toISOString();
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
