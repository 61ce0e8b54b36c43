"use client";

import type { Sweep } from "@retort/api";
import { Hourglass } from "lucide-react";
import { Tabs } from "radix-ui";
import { type ReactNode, useCallback, useMemo, useState } from "react";
import { formatDuration } from "../../../format/duration.ts";
import { formatCount, formatScore, formatSpread } from "../../../format/number.ts";
import { cx } from "../../../ui/class-names.ts";
import { Sheet } from "../../../ui/panel.tsx";
import { ErrorParts, Problem } from "../../../ui/problem.tsx";
import { Skeleton } from "../../../ui/skeleton.tsx";
import { StatusLabel } from "../../../ui/status.tsx";
import { Ago, Elapsed, TimeLeft } from "../../../ui/time.tsx";
import { Figure } from "../../charts/figure.tsx";
import { printValue } from "../point.ts";
import { sweepColumns } from "./columns.ts";
import { objectivePlot } from "./plots.ts";
import { SweepActions } from "./sweep-actions.tsx";
import { SweepEffects } from "./sweep-effects.tsx";
import { SweepFailures } from "./sweep-failures.tsx";
import { SweepSettings } from "./sweep-settings.tsx";
import { SweepStages } from "./sweep-stages.tsx";
import { TrialProgress } from "./trial-progress.tsx";
import { TrialTable } from "./trial-table.tsx";
import { mostTrials, type Trials, useLiveSweep, useTrials } from "./use-live-sweep.ts";

/** Everything about one sweep, live. */
export function SweepView({ sweepId, initialTab }: { sweepId: string; initialTab: string | null }) {
  const sweep = useLiveSweep(sweepId);
  if (sweep.data !== undefined) return <LoadedSweep sweep={sweep.data} initialTab={initialTab} />;
  if (sweep.error !== null) return <Problem error={sweep.error} onRetry={() => void sweep.refetch()} />;
  return (
    <div className="flex flex-col gap-6">
      <Skeleton className="h-20" />
      <Skeleton className="h-64" />
      <Skeleton className="h-96" />
    </div>
  );
}

function LoadedSweep({ sweep, initialTab }: { sweep: Sweep; initialTab: string | null }) {
  const live = sweep.finishedAt === null;
  const found = useTrials(sweep.id, live);
  const trials = found.data?.trials ?? null;
  return (
    <>
      <SweepHeader sweep={sweep} />
      <div className="flex flex-col gap-6">
        {sweep.error !== null && (
          <div role="alert" className="rounded-lg border border-danger bg-danger-soft px-4 py-3.5">
            <ErrorParts view={sweep.error} />
          </div>
        )}
        {sweep.waiting.length > 0 && live && (
          <ul aria-label="What waits" className="rounded-lg border border-line-strong bg-warn-soft px-4 py-3 text-sm">
            {sweep.waiting.map(({ reason, numStages }) => (
              <li key={reason} className="flex items-start gap-2">
                <Hourglass aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />
                <span>
                  <span className="font-medium numeric">
                    {formatCount(numStages)} {numStages === 1 ? "stage" : "stages"}
                  </span>{" "}
                  {numStages === 1 ? "waits" : "wait"}: {reason}
                </span>
              </li>
            ))}
          </ul>
        )}
        <TrialProgress sweep={sweep} legend />
        {found.error !== null && trials === null ? (
          <Problem error={found.error} onRetry={() => void found.refetch()} />
        ) : trials === null ? (
          <Skeleton className="h-96" />
        ) : (
          <>
            {found.data !== undefined && found.data.total > trials.length && (
              <p className="text-sm text-ink-2">
                The first {formatCount(mostTrials)} of {formatCount(found.data.total)} trials are shown; Export has all
                of them.
              </p>
            )}
            <Sheet className="min-w-0 px-3 pt-2.5 pb-1">
              <p className="font-medium">
                {sweep.objective.label} by trial{" "}
                <span className="text-sm font-normal text-ink-3">
                  {sweep.objective.mode === "max" ? "higher" : "lower"} is better; the dashed line is the best so far
                </span>
              </p>
              <ObjectivePlot trials={trials} objective={sweep.objective} />
            </Sheet>
            <SweepTabs sweep={sweep} trials={trials} live={live} initialTab={initialTab} />
          </>
        )}
      </div>
    </>
  );
}

function ObjectivePlot({ trials, objective }: { trials: Trials; objective: Sweep["objective"] }) {
  const { metric, mode, label, unit } = objective;
  const build = useCallback(
    (widthPx: number) => objectivePlot(trials, { metric, mode, label, unit }, widthPx),
    [trials, metric, mode, label, unit],
  );
  return (
    <Figure
      build={build}
      minHeight={240}
      description={`${label} of each trial in their order. The table below has the values.`}
    />
  );
}

function SweepHeader({ sweep }: { sweep: Sweep }) {
  const { best, objective, stages } = sweep;
  const facts: [string, ReactNode][] = [
    ["Recipe", sweep.recipe],
    ["Sampler", sweep.pruner === "none" ? sweep.sampler : `${sweep.sampler}, ${sweep.pruner}`],
    ["Seeds", sweep.seeds.join(", ")],
    ["Launched", <Ago key="ago" at={sweep.createdAt} />],
    ["Duration", <Elapsed key="elapsed" from={sweep.createdAt} to={sweep.finishedAt} />],
    ...(sweep.finishedAt === null && sweep.secondsLeft !== null
      ? [["Estimate", <TimeLeft key="left" seconds={sweep.secondsLeft} />] as [string, ReactNode]]
      : []),
    ["Device time", formatDuration(sweep.deviceSeconds * 1_000)],
    ["Saved by sharing and reuse", formatDuration(sweep.savedSeconds * 1_000)],
    [
      "Stages",
      <span
        key="stages"
        title={`${stages.asked} asked for, ${stages.unique} different, ${stages.shared} shared, ${stages.reused} from earlier launches`}
      >
        {formatCount(stages.finished)} of {formatCount(stages.unique)} done
        <span className="text-ink-3">, {formatCount(stages.asked)} if nothing were shared</span>
      </span>,
    ],
  ];
  return (
    <header className="mb-6">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
        <h1 className="min-w-0 text-xl font-semibold tracking-tight break-words">{sweep.name}</h1>
        <StatusLabel status={sweep.status} />
        <div className="ml-auto flex flex-wrap items-center gap-2 max-sm:ml-0">
          <SweepActions sweep={sweep} />
        </div>
      </div>
      <dl className="mt-4 flex flex-wrap gap-x-10 gap-y-3" data-testid="sweep-facts">
        {best !== null && (
          <div>
            <dt className="label">Best {objective.label} so far</dt>
            <dd className="numeric">
              <span className="text-2xl leading-7 font-semibold tracking-tight">
                {formatScore(best.mean, objective.unit)}
              </span>
              <span className="ml-2 text-sm text-ink-3">
                {best.std === null ? "" : `± ${formatSpread(best.std, objective.unit)} `}
                {best.n} {best.n === 1 ? "seed" : "seeds"}
              </span>
              <span className="mt-0.5 block max-w-md font-mono text-xs text-ink-2">
                {[
                  ...Object.values(best.labels),
                  ...Object.entries(best.point).map(([path, value]) => `${path}=${printValue(value)}`),
                ].join("  ")}
              </span>
            </dd>
          </div>
        )}
        {facts.map(([label, value]) => (
          <div key={label}>
            <dt className="label">{label}</dt>
            <dd className="leading-7 numeric">{value}</dd>
          </div>
        ))}
      </dl>
    </header>
  );
}

const tabs = ["trials", "effects", "stages", "failures", "settings"] as const;
type Tab = (typeof tabs)[number];
const tabLabels: Record<Tab, string> = {
  trials: "Trials",
  effects: "Parameters",
  stages: "Stages",
  failures: "Failures",
  settings: "Settings",
};

function SweepTabs(props: { sweep: Sweep; trials: Trials; live: boolean; initialTab: string | null }) {
  const { sweep, trials, live, initialTab } = props;
  const [tab, setTab] = useState<Tab>(tabs.find((each) => each === initialTab) ?? "trials");
  const columns = useMemo(() => sweepColumns(sweep, trials), [sweep, trials]);
  const numFailed = sweep.counts.failed;
  const choose = (value: string) => {
    setTab(value as Tab);
    window.history.replaceState(null, "", value === "trials" ? window.location.pathname : `?tab=${value}`);
  };
  return (
    <Tabs.Root value={tab} onValueChange={choose}>
      <Tabs.List aria-label="About this sweep" className="scroll-shadow mb-5 flex gap-1 border-b border-line">
        {tabs.map((each) => (
          <Tabs.Trigger
            key={each}
            value={each}
            className="-mb-px h-9 shrink-0 border-b-2 border-transparent px-3 text-base text-ink-2 -outline-offset-2 hover:text-ink data-[state=active]:border-copper data-[state=active]:font-medium data-[state=active]:text-ink"
          >
            {tabLabels[each]}
            {each === "failures" && numFailed > 0 && (
              <span className={cx("ml-1.5 text-danger numeric")}>{numFailed}</span>
            )}
          </Tabs.Trigger>
        ))}
      </Tabs.List>
      <Tabs.Content value="trials" tabIndex={-1}>
        <TrialTable sweep={sweep} trials={trials} columns={columns} />
      </Tabs.Content>
      <Tabs.Content value="effects" tabIndex={-1}>
        <SweepEffects sweep={sweep} trials={trials} columns={columns} live={live} />
      </Tabs.Content>
      <Tabs.Content value="stages" tabIndex={-1}>
        <SweepStages sweepId={sweep.id} live={live} />
      </Tabs.Content>
      <Tabs.Content value="failures" tabIndex={-1}>
        <SweepFailures sweepId={sweep.id} live={live} />
      </Tabs.Content>
      <Tabs.Content value="settings" tabIndex={-1}>
        <SweepSettings sweep={sweep} />
      </Tabs.Content>
    </Tabs.Root>
  );
}
