"use client";

import type { QueuedStage } from "@retort/api";
import Link from "next/link";
import { formatCount } from "../../format/number.ts";
import { Sheet } from "../../ui/panel.tsx";
import { Progress } from "../../ui/progress.tsx";
import { Table } from "../../ui/table.tsx";
import { Ago, TimeLeft } from "../../ui/time.tsx";
import { ReleaseButton } from "../run/run-actions.tsx";
import { progressFraction } from "../runs/stage-strip.tsx";
import { PlaceLabel, places } from "./place.tsx";
import { RunPriority } from "./run-priority.tsx";

/** Stages in their order: a table where there is room for one, else cards. */
export function QueueTable({ stages }: { stages: readonly QueuedStage[] }) {
  return (
    <>
      <Table
        label="Queue"
        className="max-lg:hidden"
        head={
          <>
            <th scope="col" className="w-32">
              Place
            </th>
            <th scope="col" className="w-36">
              Stage
            </th>
            <th scope="col">Run</th>
            <th scope="col" className="w-28">
              Project
            </th>
            <th scope="col" className="w-20 text-right">
              Priority
            </th>
            <th scope="col" className="w-[30%]">
              Worker, or why it waits
            </th>
            <th scope="col" className="w-28 text-right">
              Since
            </th>
          </>
        }
      >
        {stages.map((stage) => (
          <tr key={stage.id} data-queued={stage.id}>
            <td>
              <PlaceLabel place={stage.place} />
            </td>
            <td className="font-medium" title={stage.title}>
              {stage.name}
            </td>
            <td className="max-w-0 truncate">
              <RunLink stage={stage} />
            </td>
            <td className="max-w-0 truncate text-ink-2">{stage.project ?? "–"}</td>
            <td className="text-right">
              <RunPriority stage={stage} />
            </td>
            <td>
              <Standing stage={stage} />
            </td>
            <td className="text-right whitespace-nowrap text-ink-2">
              <Ago at={stage.since} />
            </td>
          </tr>
        ))}
      </Table>
      <Sheet className="overflow-hidden lg:hidden">
        <ul aria-label="Queue">
          {stages.map((stage) => (
            <li
              key={stage.id}
              data-queued={stage.id}
              className="flex flex-col gap-1.5 border-b border-line px-4 py-3 text-sm last:border-0"
            >
              <div className="flex items-baseline justify-between gap-3">
                <PlaceLabel place={stage.place} />
                <span className="text-xs text-ink-3">
                  <Ago at={stage.since} />
                </span>
              </div>
              <p className="min-w-0 truncate">
                <span className="font-medium" title={stage.title}>
                  {stage.name}
                </span>
                <span className="text-ink-3"> of </span>
                <RunLink stage={stage} />
              </p>
              <Standing stage={stage} />
              <p className="flex items-center gap-2 text-xs text-ink-3">
                {stage.project !== null && `${stage.project}, `}priority <RunPriority stage={stage} />
              </p>
            </li>
          ))}
        </ul>
      </Sheet>
    </>
  );
}

function RunLink({ stage: { run, numRuns } }: { stage: QueuedStage }) {
  if (run === null) return <span className="text-ink-3">no run wants it any more</span>;
  return (
    <>
      <Link
        href={`/runs/${run.id}`}
        title={run.name}
        className="underline decoration-line-strong underline-offset-2 hover:decoration-ink"
      >
        {run.name}
      </Link>
      {numRuns > 1 && (
        <span className="text-ink-3 numeric" title="All of them wait for this very stage">
          {" "}
          and {formatCount(numRuns - 1)} more
        </span>
      )}
    </>
  );
}

/** Who has it and how far it is; else why nobody has. */
function Standing({ stage }: { stage: QueuedStage }) {
  const { place, worker, progress, reason, dueAt, attempt } = stage;
  if (place === "running") {
    return (
      <div className="min-w-0">
        <p className="flex flex-wrap items-baseline gap-x-3">
          {worker !== null && (
            <Link
              href={`/workers#${worker.id}`}
              className="underline decoration-line-strong underline-offset-2 hover:decoration-ink"
            >
              {worker.name}
            </Link>
          )}
          <span className="text-xs text-ink-3 numeric">
            {progress === null
              ? "starting"
              : `${formatCount(progress.done)} of ${formatCount(progress.total)} ${progress.unit}`}
            {attempt > 1 && `, attempt ${attempt}`}
          </span>
          {progress?.secondsLeft != null && (
            <span className="text-xs text-ink-3">
              <TimeLeft seconds={progress.secondsLeft} />
            </span>
          )}
        </p>
        <Progress fraction={progressFraction(progress)} label={`Progress of ${stage.name}`} className="mt-1.5" />
      </div>
    );
  }
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
      <span className={place === "held" || place === "quarantined" ? "text-ink" : "text-ink-2"}>
        {reason ?? places[place].note.toLowerCase()}
        {dueAt !== null && (
          <span className="text-ink-3">
            , <Ago at={dueAt} />
          </span>
        )}
        {progress !== null && progress.done > 0 && (
          <span className="text-xs text-ink-3 numeric">
            , at {formatCount(progress.done)} of {formatCount(progress.total)} {progress.unit}
          </span>
        )}
      </span>
      {place === "quarantined" && <ReleaseButton stageId={stage.id} />}
    </div>
  );
}
