"use client";

import type { Sweep } from "@retort/api";
import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { formatDuration } from "../../../format/duration.ts";
import { formatCount, formatScore, formatSpread } from "../../../format/number.ts";
import { useTRPC } from "../../../trpc/client.tsx";
import { Fact, Facts } from "../../../ui/facts.tsx";
import { Panel, Sheet } from "../../../ui/panel.tsx";
import { ErrorParts, Problem } from "../../../ui/problem.tsx";
import { Skeleton } from "../../../ui/skeleton.tsx";
import { StatusLabel } from "../../../ui/status.tsx";
import { PageTabs, TabCount } from "../../../ui/tabs.tsx";
import { ActiveTime, Ago, TimeLeft } from "../../../ui/time.tsx";
import { WaitingList } from "../../../ui/waiting.tsx";
import { Figure } from "../../charts/figure.tsx";
import { PublishedTable } from "../../leaderboard/published-table.tsx";
import { printValue } from "../point.ts";
import { sweepColumns } from "./columns.ts";
import { objectivePlot } from "./plots.ts";
import { SweepActions } from "./sweep-actions.tsx";
import { SweepEffects } from "./sweep-effects.tsx";
import { SweepFailures } from "./sweep-failures.tsx";
import { SweepPriority } from "./sweep-priority.tsx";
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
        {live && (
          <WaitingList
            waiting={sweep.waiting.map(({ reason, numStages }) => ({
              id: reason,
              who: numStages === 1 ? "1 stage waits" : `${formatCount(numStages)} stages wait`,
              reason,
            }))}
          />
        )}
        {sweep.warnings.map((warning) => (
          <p key={warning} className="rounded-lg border border-line-strong bg-warn-soft px-4 py-3 text-sm">
            {warning}
          </p>
        ))}
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
            <Published sweep={sweep} />
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
  if (trials.every(({ value }) => value === null)) {
    return (
      <p className="flex min-h-40 items-center justify-center text-sm text-ink-2">
        {trials.length === 0 || trials.some(({ status }) => ["pending", "running", "paused"].includes(status))
          ? "The first value appears when a trial's evaluation has finished."
          : "No trial has come to a value."}
      </p>
    );
  }
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
  return (
    <header className="mb-6">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
        <h1 className="min-w-0 text-xl font-semibold tracking-tight break-words">{sweep.name}</h1>
        <StatusLabel status={sweep.status} />
        <div className="ml-auto flex flex-wrap items-center gap-2 max-sm:ml-0">
          <SweepActions sweep={sweep} />
        </div>
      </div>
      <Facts testId="sweep-facts">
        {best !== null && <BestFact best={best} objective={objective} isFinal={sweep.finishedAt !== null} />}
        <Fact label="Recipe">{sweep.recipe}</Fact>
        <Fact label="Sampler">{sweep.pruner === "none" ? sweep.sampler : `${sweep.sampler}, ${sweep.pruner}`}</Fact>
        <Fact label="Seeds">{sweep.seeds.join(", ")}</Fact>
        <Fact label="Priority">
          <SweepPriority sweep={sweep} />
        </Fact>
        <Fact label="Launched">
          <Ago at={sweep.createdAt} />
        </Fact>
        <Fact label="Duration">
          <ActiveTime clock={sweep.clock} isPaused={sweep.status === "paused"} />
        </Fact>
        {sweep.status === "running" && sweep.secondsLeft !== null && (
          <Fact label="Estimate">
            <TimeLeft seconds={sweep.secondsLeft} />
          </Fact>
        )}
        <Fact label="Device time">{formatDuration(sweep.deviceSeconds * 1_000)}</Fact>
        {sweep.savedSeconds > 0 && (
          <Fact label="Saved by sharing and reuse">{formatDuration(sweep.savedSeconds * 1_000)}</Fact>
        )}
        <Fact label="Stages">
          <span
            title={`${stages.asked} asked for, ${stages.unique} different, ${stages.shared} shared, ${stages.reused} from earlier launches`}
          >
            {formatCount(stages.finished)} of {formatCount(stages.unique)} done
            {stages.asked > stages.unique && (
              <span className="text-sm text-ink-3">, {formatCount(stages.asked)} if nothing were shared</span>
            )}
          </span>
        </Fact>
        <Fact label="Project">{sweep.project.slug}</Fact>
      </Facts>
    </header>
  );
}

interface BestFactProps {
  best: NonNullable<Sweep["best"]>;
  objective: Sweep["objective"];
  isFinal: boolean;
}

function BestFact({ best, objective, isFinal }: BestFactProps) {
  const point = [
    ...Object.values(best.labels),
    ...Object.entries(best.point).map(([path, value]) => `${path}=${printValue(value)}`),
  ];
  return (
    <Fact label={`Best ${objective.label}${isFinal ? "" : " so far"}`}>
      <span className="text-2xl font-semibold tracking-tight">{formatScore(best.mean, objective.unit)}</span>
      <span className="ml-2 text-sm text-ink-3">
        {best.std !== null && `± ${formatSpread(best.std, objective.unit)} `}
        {best.n} {best.n === 1 ? "seed" : "seeds"}
      </span>
      <span className="block max-w-md font-mono text-xs break-words text-ink-2">{point.join("  ")}</span>
    </Fact>
  );
}

/** What others published beside the recipe's runs: marked, and never among the trials. */
function Published({ sweep: { id, objective } }: { sweep: Sweep }) {
  const trpc = useTRPC();
  const published = useQuery(trpc.sweeps.published.queryOptions({ sweepId: id }, { staleTime: Infinity }));
  if (published.error !== null) return <Problem error={published.error} onRetry={() => void published.refetch()} />;
  if (published.data === undefined || published.data.length === 0) return null;
  return (
    <Panel title="Published elsewhere" note="not measured here" className="mt-4">
      <PublishedTable rows={published.data} unit={objective.unit} />
    </Panel>
  );
}

function SweepTabs(props: { sweep: Sweep; trials: Trials; live: boolean; initialTab: string | null }) {
  const { sweep, trials, live, initialTab } = props;
  const columns = useMemo(() => sweepColumns(sweep, trials), [sweep, trials]);
  return (
    <PageTabs
      label="About this sweep"
      initial={initialTab}
      tabs={[
        { name: "trials", label: "Trials", content: <TrialTable sweep={sweep} trials={trials} columns={columns} /> },
        {
          name: "effects",
          label: "Parameters",
          content: <SweepEffects sweep={sweep} trials={trials} columns={columns} live={live} />,
        },
        { name: "stages", label: "Stages", content: <SweepStages sweepId={sweep.id} live={live} /> },
        {
          name: "failures",
          label: (
            <>
              Failures <TabCount count={sweep.counts.failed} alarming />
            </>
          ),
          content: <SweepFailures sweepId={sweep.id} live={live} />,
        },
        { name: "settings", label: "Settings", content: <SweepSettings sweep={sweep} /> },
      ]}
    />
  );
}
