"use client";

import type { RunSummary } from "@retort/api";
import Link from "next/link";
import { formatScore, formatValue } from "../../format/number.ts";
import { StatusLabel } from "../../ui/status.tsx";
import { ActiveTime, Ago } from "../../ui/time.tsx";
import type { Change } from "../launch/form/value.ts";
import { ChangedParams } from "./changed-params.tsx";
import { shownStatus } from "./run-status.ts";
import { StageStrip } from "./stage-strip.tsx";

interface RowProps {
  run: RunSummary;
  changes: Change[] | null;
  /** Given where runs can be picked. */
  selection?: RunSelection | undefined;
}

/** Runs picked in a list, in the order of picking. */
export interface RunSelection {
  runIds: readonly string[];
  toggle(runId: string): void;
}

export function RunRow({ run, changes, selection }: RowProps) {
  return (
    <tr className="group relative border-b border-line last:border-0 hover:bg-sunken/60" data-run={run.id}>
      {selection !== undefined && (
        <td className="py-2.5 pl-4 align-top">
          <Pick run={run} selection={selection} />
        </td>
      )}
      <td className="py-2.5 pr-3 pl-4 align-top">
        <StatusLabel status={shownStatus(run)} className="text-sm" />
      </td>
      <td className="max-w-0 py-2.5 pr-4 align-top">
        <RunName run={run} />
        <div className="mt-0.5 flex min-h-5 gap-x-2 text-xs text-ink-3">
          <ChangedParams changes={changes} />
        </div>
      </td>
      <td className="py-2.5 pr-4 align-top text-sm text-ink-2">{run.recipe}</td>
      <td className="py-2.5 pr-4 text-right align-top text-sm text-ink-2">{run.seed}</td>
      <td className="w-36 py-2.5 pr-6 align-top">
        <StageStrip run={run} className="mt-2" />
      </td>
      <td className="py-2.5 pr-6 text-right align-top whitespace-nowrap">
        <HeadlineValue run={run} />
      </td>
      <td className="py-2.5 pr-4 text-right align-top text-sm whitespace-nowrap text-ink-2">
        <ActiveTime clock={run.clock} isPaused={shownStatus(run) === "paused"} />
      </td>
      <td className="py-2.5 pr-4 text-right align-top text-sm whitespace-nowrap text-ink-2">
        <Ago at={run.createdAt} />
      </td>
    </tr>
  );
}

/** The same on a narrow screen. */
export function RunCard({ run, changes, selection }: RowProps) {
  return (
    <li className="relative flex flex-col gap-1.5 border-b border-line px-4 py-3 last:border-0" data-run={run.id}>
      <div className="flex items-center justify-between gap-3">
        <span className="flex items-center gap-3">
          {selection !== undefined && <Pick run={run} selection={selection} />}
          <StatusLabel status={shownStatus(run)} className="text-sm" />
        </span>
        <HeadlineValue run={run} />
      </div>
      <RunName run={run} />
      <div className="text-xs text-ink-3">
        <ChangedParams changes={changes} limit={2} />
      </div>
      <StageStrip run={run} className="my-1" />
      <div className="flex justify-between text-xs text-ink-3">
        <span>
          {run.recipe}, seed <span className="numeric">{run.seed}</span>
        </span>
        <span>
          <ActiveTime clock={run.clock} isPaused={shownStatus(run) === "paused"} />
          <span aria-hidden> · </span>
          <Ago at={run.createdAt} />
        </span>
      </div>
    </li>
  );
}

function Pick({ run, selection }: { run: RunSummary; selection: RunSelection }) {
  return (
    <input
      type="checkbox"
      aria-label={`Compare ${run.name}, seed ${run.seed}`}
      checked={selection.runIds.includes(run.id)}
      onChange={() => selection.toggle(run.id)}
      // Above the link that covers the row.
      className="relative z-10 size-4 accent-ink"
    />
  );
}

function RunName({ run }: { run: RunSummary }) {
  return (
    <Link
      href={`/runs/${run.id}`}
      title={run.name}
      className="block truncate font-medium after:absolute after:inset-0 hover:underline"
    >
      {run.name}
    </Link>
  );
}

/** The number that ranks the run; while there is none, its newest loss. */
export function HeadlineValue({ run }: { run: RunSummary }) {
  if (run.headline !== null) {
    const { label, unit, value, dataset } = run.headline;
    return (
      <span title={`${label} on ${dataset}`} className="font-semibold numeric">
        {formatScore(value, unit)}
      </span>
    );
  }
  const loss = Object.values(run.metrics)[0];
  if (loss === undefined) return <span className="text-ink-3">–</span>;
  return (
    <span className="text-sm text-ink-2 numeric">
      <span className="text-ink-3">loss </span>
      {formatValue(loss)}
    </span>
  );
}
