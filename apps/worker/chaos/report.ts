import type { RoundReport } from "./round.ts";

/** What the rounds together have shown, for people. */
export function summary(reports: readonly RoundReport[]): string {
  const strikes = new Map<string, number>();
  const refusals = new Map<string, string>();
  for (const report of reports) {
    for (const [name, count] of report.strikes) strikes.set(name, (strikes.get(name) ?? 0) + count);
    for (const [name, reason] of report.refusals) refusals.set(name, reason);
  }
  const total = (value: (report: RoundReport) => number) => reports.reduce((sum, report) => sum + value(report), 0);
  const recoveryMs = reports.flatMap((report) => report.recoveryMs).sort((a, b) => a - b);
  const device = total(({ deviceSeconds }) => deviceSeconds);
  const wasted = total(({ wastedDeviceSeconds }) => wastedDeviceSeconds);
  const violations = reports.flatMap((report) => report.violations);
  return [
    `${reports.length} rounds in ${total(({ seconds }) => seconds).toFixed(0)} s, ${total(({ numAttempts }) => numAttempts)} attempts, every job delivered twice`,
    ...[...strikes].map(([name, count]) => `  ${count} x ${name}`),
    ...[...refusals].map(([name, reason]) => `  left out: ${name}: ${reason}`),
    `recovery p50 ${seconds(quantile(recoveryMs, 0.5))}, p95 ${seconds(quantile(recoveryMs, 0.95))} (${recoveryMs.length} attempts that a fault ended)`,
    `a stage was seen running beyond its lease for ${seconds(Math.max(...reports.map((report) => report.overdueMs)))} at most`,
    `compute in attempts that left no result: ${wasted.toFixed(1)} of ${device.toFixed(1)} device-seconds (${((100 * wasted) / device).toFixed(1)} %), checkpoints of them included`,
    `${total(({ numAcknowledged }) => numAcknowledged)} acknowledged points looked up; ${total(({ numRescued }) => numRescued)} runs were given another budget by hand`,
    violations.length === 0 ? "every invariant holds" : `VIOLATED:\n${violations.join("\n")}`,
  ].join("\n");
}

/** Nearest rank; NaN for an empty list. */
function quantile(sorted: readonly number[], fraction: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * fraction) - 1)] ?? Number.NaN;
}

function seconds(ms: number): string {
  return Number.isNaN(ms) ? "none" : `${(ms / 1_000).toFixed(2)} s`;
}
