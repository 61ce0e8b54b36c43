import type { Sweep, SweepPreview, SweepSummary, Trial, TrialCounts } from "@retort/api";
import { shortId } from "../run-reference.ts";
import { decimal, duration, elapsed, measured } from "./quantity.ts";
import { table } from "./table.ts";

type Point = Trial["point"];

/** "lr 0.001, optim.kind adamw"; an ablation by its row's name. */
export function describePoint(point: Point, labels: Record<string, string>): string {
  const named = Object.entries(labels).map(([name, label]) => `${name}: ${label}`);
  const values = Object.entries(point).map(([path, value]) => `${path} ${cell(value)}`);
  return [...named, ...(named.length === 0 ? values : [])].join(", ") || "(nothing varies)";
}

/** "12 succeeded, 3 running". */
export function describeCounts(counts: TrialCounts): string {
  const parts = Object.entries(counts).filter(([, count]) => count > 0);
  return parts.map(([status, count]) => `${count} ${status}`).join(", ") || "no trial yet";
}

export function describeBest({ best, objective }: Pick<SweepSummary, "best" | "objective">): string {
  if (best === null) return "none yet";
  const spread = best.std === null ? "" : ` (std ${measured(best.std, objective.unit)}, n = ${best.n})`;
  return `${measured(best.mean, objective.unit)}${spread} at ${describePoint(best.point, best.labels)}`;
}

/** What a launch would do. */
export function describePreview(preview: SweepPreview): string {
  const { estimate } = preview;
  const head = table(
    [],
    [
      ["sweep", preview.name],
      ["recipe", preview.recipe],
      ["points", `${preview.numPoints}, each with ${preview.numSeeds} ${preview.numSeeds === 1 ? "seed" : "seeds"}`],
      ["runs", String(preview.numRuns)],
      ["stages", `${preview.numStages} asked for, ${preview.uniqueStages} different, ${preview.sharedStages} shared`],
      ["to execute", `${preview.toExecute}; ${preview.finishedStages} are finished already`],
      ["time", describeEstimate(estimate)],
    ],
  );
  const hasLabels = preview.points.some(({ labels }) => Object.keys(labels).length > 0);
  const rows = preview.points
    .slice(0, 20)
    .map(({ trial, point, labels }) => [
      trial,
      ...(hasLabels ? [Object.values(labels).join("; ")] : []),
      ...preview.columns.map((path) => cell(point[path])),
    ]);
  const columns = [...(hasLabels ? ["ABLATION"] : []), ...preview.columns];
  const more = preview.numPoints > rows.length ? `\n... ${preview.numPoints - rows.length} more points` : "";
  // A sweep over seeds alone has one point, of which there is nothing to say.
  const points = columns.length === 0 ? [] : [`${table(["TRIAL", ...columns], rows)}${more}`];
  return [head, ...points, ...preview.warnings.map((warning) => `note: ${warning}`)].join("\n\n");
}

function describeEstimate({ deviceSeconds, wallSeconds, basis }: SweepPreview["estimate"]): string {
  if (deviceSeconds === null) return `unknown: ${basis}`;
  const here = wallSeconds === null ? "" : `, ${duration(wallSeconds)} here`;
  return `${duration(deviceSeconds)} of computing${here}. ${basis}`;
}

/** A sweep and its best trials, on one screen. */
export function describeSweep(sweep: Sweep, trials: readonly Trial[]): string {
  const { stages, objective } = sweep;
  const head = table(
    [],
    [
      ["sweep", sweep.id],
      ["name", sweep.name],
      ["project", sweep.project.slug],
      ["recipe", sweep.recipe],
      ["status", sweep.status],
      ...(sweep.priority === 0 ? [] : [["priority", String(sweep.priority)]]),
      [
        "search",
        `${sweep.sampler}${sweep.pruner === "none" ? "" : ` with ${sweep.pruner}`}, ${objective.mode} of ${objective.metric}`,
      ],
      ["trials", `${describeCounts(sweep.counts)}${sweep.numTrials === null ? "" : `, of ${sweep.numTrials}`}`],
      [
        "stages",
        `${stages.asked} asked for, ${stages.unique} different, ${stages.shared} shared, ${stages.reused} reused, ${stages.finished} finished`,
      ],
      [
        "time",
        `${elapsed(sweep.clock)}; ${duration(sweep.deviceSeconds)} of computing, ${duration(sweep.savedSeconds)} saved by reuse`,
      ],
      ...(sweep.secondsLeft === null || sweep.secondsLeft === 0
        ? []
        : [["left", `about ${duration(sweep.secondsLeft)}`]]),
      ["best", describeBest(sweep)],
    ],
  );
  const notes = [
    ...(sweep.error === null ? [] : [`The search cannot go on: ${sweep.error.message}`]),
    ...sweep.waiting.map(({ reason, numStages }) => `${numStages} ready stages wait: ${reason}`),
    ...sweep.warnings,
  ];
  return [head, ...notes, trialTable(sweep, trials)].join("\n\n");
}

export function trialTable(
  { columns, objective }: Pick<Sweep, "columns" | "objective">,
  trials: readonly Trial[],
): string {
  const hasLabels = trials.some(({ labels }) => Object.keys(labels).length > 0);
  return table(
    [
      "TRIAL",
      "RUN",
      ...(hasLabels ? ["ABLATION"] : []),
      ...columns,
      "SEED",
      "STATUS",
      objective.label.toUpperCase(),
      "TIME",
      "WHY",
    ],
    trials.map((trial) => [
      trial.trial,
      trial.runId === null ? null : shortId(trial.runId),
      ...(hasLabels ? [Object.values(trial.labels).join("; ")] : []),
      ...columns.map((path) => cell(trial.point[path])),
      trial.seed,
      trial.status,
      trial.value === null ? null : measured(trial.value, objective.unit),
      elapsed(trial.clock),
      trial.reason === null ? "" : trial.reason.split("\n")[0]!.slice(0, 90),
    ]),
  );
}

function cell(value: unknown): string | number | null {
  if (value === undefined) return null;
  if (typeof value === "number") return Number(decimal(value));
  if (Array.isArray(value) && value.every((entry) => typeof entry !== "object")) return value.map(cell).join(", ");
  return typeof value === "string" ? value : JSON.stringify(value);
}
