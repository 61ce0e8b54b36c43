"use client";

import type { Sweep, Trial } from "@retort/api";
import { ChevronRight } from "lucide-react";
import Link from "next/link";
import { useMemo, useState } from "react";
import { formatDuration } from "../../../format/duration.ts";
import { formatCount, formatScore, formatSpread, formatValue } from "../../../format/number.ts";
import { Button } from "../../../ui/button.tsx";
import { cx } from "../../../ui/class-names.ts";
import { StatusLabel } from "../../../ui/status.tsx";
import { type Order, SortHead, Table } from "../../../ui/table.tsx";
import { useNow } from "../../../ui/time.tsx";
import { CompareBar } from "../../compare/compare-bar.tsx";
import { printValue } from "../point.ts";
import { compareValues, meanDurationMs, type PointGroup, pointGroups } from "../trials.ts";
import type { Column } from "./plots.ts";

const firstRows = 50;

/** Points with their seeds taken together, or every trial by itself; sorted by whatever column is pressed. */
export function TrialTable({
  sweep,
  trials,
  columns,
}: {
  sweep: Sweep;
  trials: readonly Trial[];
  columns: readonly Column[];
}) {
  const hasSeeds = sweep.seeds.length > 1;
  const [grouped, setGrouped] = useState(hasSeeds);
  const [order, setOrder] = useState<Order<string>>({ key: "value", descending: sweep.objective.mode === "max" });
  const [all, setAll] = useState(false);
  const [picked, setPicked] = useState<readonly string[]>([]);
  const groups = useMemo(
    () => (grouped ? pointGroups(trials) : trials.flatMap((trial) => pointGroups([trial]))),
    [trials, grouped],
  );
  const rows = useMemo(() => {
    const keyOf = sortKey(order.key, columns);
    return groups.toSorted(
      (a, b) => compareValues(keyOf(a), keyOf(b), order.descending) || a.trials[0]!.trial - b.trials[0]!.trial,
    );
  }, [groups, order, columns]);
  const toggle = (runIds: readonly string[]) =>
    setPicked(
      runIds.every((id) => picked.includes(id))
        ? picked.filter((id) => !runIds.includes(id))
        : [...new Set([...picked, ...runIds])],
    );
  const head = (key: string, label: React.ReactNode, className = "") => (
    <SortHead key={key} sortBy={key} order={order} onOrder={setOrder} className={className}>
      {label}
    </SortHead>
  );
  return (
    <>
      {hasSeeds && (
        <label className="mb-3 flex w-fit items-center gap-2 text-sm text-ink-2">
          <input
            type="checkbox"
            checked={grouped}
            onChange={(event) => setGrouped(event.target.checked)}
            className="size-4 accent-ink"
          />
          Seeds of a point together
        </label>
      )}
      <Table
        label="Trials"
        head={
          <>
            <th scope="col" className="w-8">
              <span className="sr-only">Compare</span>
            </th>
            {head("trial", "Trial")}
            {head("status", "Status")}
            {columns.map(({ path, name }) => head(path, <span title={path}>{name}</span>))}
            {grouped ? head("n", "Seeds", "text-right") : head("seed", "Seed", "text-right")}
            {head("value", grouped ? `${sweep.objective.label}, mean ± std` : sweep.objective.label, "text-right")}
            {head(
              "duration",
              grouped ? <span title="Mean over the seeds that have begun">Duration</span> : "Duration",
              "text-right",
            )}
          </>
        }
      >
        {(all ? rows : rows.slice(0, firstRows)).map((group) => (
          <GroupRows
            key={group.id + (grouped ? "" : group.trials[0]!.trial)}
            {...{ group, grouped, columns, sweep, picked }}
            onPick={toggle}
          />
        ))}
      </Table>
      {!all && rows.length > firstRows && (
        <div className="mt-4 flex justify-center">
          <Button onClick={() => setAll(true)}>Show all {formatCount(rows.length)}</Button>
        </div>
      )}
      {picked.length > 0 && <CompareBar runIds={picked} onClear={() => setPicked([])} />}
    </>
  );
}

function sortKey(key: string, columns: readonly Column[]): (group: PointGroup) => unknown {
  const column = columns.find(({ path }) => path === key);
  if (column !== undefined) return ({ trials: [first] }) => column.read(first!);
  switch (key) {
    case "value":
      return ({ mean }) => mean;
    case "n":
      return ({ n }) => n;
    case "seed":
      return ({ trials: [first] }) => first!.seed;
    case "status":
      return ({ trials: [first] }) => first!.status;
    case "duration":
      return ({ trials }) => meanDurationMs(trials, null);
    default:
      return ({ trials: [first] }) => first!.trial;
  }
}

function GroupRows(props: {
  group: PointGroup;
  grouped: boolean;
  columns: readonly Column[];
  sweep: Sweep;
  picked: readonly string[];
  onPick(runIds: readonly string[]): void;
}) {
  const { group, grouped, columns, sweep, picked, onPick } = props;
  const [open, setOpen] = useState(false);
  const { trials, n, mean, std } = group;
  const [first] = trials;
  const runIds = trials.flatMap(({ runId }) => (runId === null ? [] : [runId]));
  const isBest = sweep.best?.trials.some((number) => trials.some(({ trial }) => trial === number)) ?? false;
  const { unit } = sweep.objective;
  return (
    <>
      <tr className={cx(isBest && "bg-success-soft/60")} data-trial={first!.trial} data-status={first!.status}>
        <td>
          <input
            type="checkbox"
            aria-label={`Compare trial ${first!.trial}`}
            disabled={runIds.length === 0}
            checked={runIds.length > 0 && runIds.every((id) => picked.includes(id))}
            onChange={() => onPick(runIds)}
            className="size-4 accent-ink"
          />
        </td>
        <td className="whitespace-nowrap">
          {grouped ? (
            <button
              type="button"
              aria-expanded={open}
              onClick={() => setOpen(!open)}
              className="inline-flex items-baseline gap-1 font-medium"
            >
              <ChevronRight
                aria-hidden
                className={cx("size-4 self-center text-ink-3 transition-transform", open && "rotate-90")}
              />
              {first!.trial}
            </button>
          ) : (
            <RunLink trial={first!}>{first!.trial}</RunLink>
          )}
          {isBest && <span className="ml-2 rounded-sm bg-success px-1.5 text-xs font-medium text-paper">best</span>}
        </td>
        <td className="whitespace-nowrap">
          <Statuses trials={trials} />
        </td>
        {columns.map((column) => (
          <td key={column.path} className="max-w-48 truncate font-mono text-xs" title={printValue(column.read(first!))}>
            {printValue(column.read(first!))}
          </td>
        ))}
        <td className="text-right">{grouped ? `${n} of ${trials.length}` : first!.seed}</td>
        <td className="text-right whitespace-nowrap">
          {mean === null ? (
            <Watched trials={trials} />
          ) : (
            <>
              <span className="font-semibold">{formatScore(mean, unit)}</span>
              {grouped && (
                <span className="text-ink-3">{std === null ? " one seed" : ` ± ${formatSpread(std, unit)}`}</span>
              )}
            </>
          )}
        </td>
        <td className="text-right whitespace-nowrap text-ink-2">
          <MeanTime trials={trials} />
        </td>
      </tr>
      {grouped && open && (
        <tr className="bg-sunken/60">
          <td />
          <td colSpan={columns.length + 5}>
            <ul aria-label="Seeds" className="flex flex-col gap-1 pl-5">
              {trials.map((trial) => (
                <li key={trial.trial} className="flex flex-wrap items-baseline gap-x-4">
                  <RunLink trial={trial}>
                    seed <span className="numeric">{trial.seed}</span>
                  </RunLink>
                  <StatusLabel status={trial.status} className="text-xs" />
                  {trial.value !== null && <span className="numeric">{formatScore(trial.value, unit)}</span>}
                  <Reason trial={trial} />
                </li>
              ))}
            </ul>
          </td>
        </tr>
      )}
      {!grouped && (first!.reason !== null || first!.failure !== null) && (
        <tr>
          <td />
          <td colSpan={columns.length + 5}>
            <Reason trial={first!} />
          </td>
        </tr>
      )}
    </>
  );
}

function RunLink({ trial, children }: { trial: Trial; children: React.ReactNode }) {
  if (trial.runId === null) return <span className="font-medium text-ink-3">{children}</span>;
  return (
    <Link
      href={`/runs/${trial.runId}`}
      className="font-medium underline decoration-line-strong underline-offset-2 hover:decoration-ink"
    >
      {children}
    </Link>
  );
}

/** Of the trials of a point: what they took on average, up to now while some go on. */
function MeanTime({ trials }: { trials: readonly Trial[] }) {
  const mean = meanDurationMs(trials, useNow());
  const live = trials.filter(({ clock, status }) => clock?.to === null || status === "paused");
  if (mean === null) return <span className="text-ink-3">–</span>;
  return (
    <>
      <span className="numeric whitespace-nowrap" suppressHydrationWarning>
        {formatDuration(mean)}
      </span>
      {live.length > 0 && live.every(({ status }) => status === "paused") && (
        <span className="text-ink-3">, paused</span>
      )}
    </>
  );
}

function Statuses({ trials }: { trials: readonly Trial[] }) {
  const counts = new Map<Trial["status"], number>();
  for (const { status } of trials) counts.set(status, (counts.get(status) ?? 0) + 1);
  return (
    <span className="inline-flex flex-wrap gap-x-3">
      {[...counts].map(([status, count]) => (
        <span key={status} className="inline-flex items-baseline gap-1">
          <StatusLabel status={status} className="text-sm" />
          {trials.length > 1 && counts.size > 1 && <span className="text-xs text-ink-3 numeric">{count}</span>}
        </span>
      ))}
    </span>
  );
}

/** While there is no value: the newest of what is watched. */
function Watched({ trials }: { trials: readonly Trial[] }) {
  const watched = trials.find((trial) => trial.watched !== null)?.watched ?? null;
  if (watched === null) return <span className="text-ink-3">–</span>;
  return (
    <span className="text-ink-2 numeric">
      {formatValue(watched.value)} <span className="text-ink-3">at step {formatCount(watched.step)}</span>
    </span>
  );
}

function Reason({ trial: { reason, failure, stoppedAtStep, origin } }: { trial: Trial }) {
  const parts = [
    stoppedAtStep === null ? null : `stopped at step ${formatCount(stoppedAtStep)}`,
    origin === null ? null : `went on from trial ${origin.trial} at step ${formatCount(origin.step)}`,
    reason,
    failure?.message ?? null,
  ].filter((part) => part !== null);
  if (parts.length === 0) return null;
  return <span className="text-xs text-ink-2">{parts.join("; ")}</span>;
}
