"use client";

import type { Run, Stage } from "@retort/api";
import { ShieldAlert } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { formatDuration } from "../../format/duration.ts";
import { formatScore } from "../../format/number.ts";
import { toWords } from "../../format/words.ts";
import { Fact, Facts } from "../../ui/facts.tsx";
import { Problem } from "../../ui/problem.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { StatusLabel } from "../../ui/status.tsx";
import { PageTabs, TabCount } from "../../ui/tabs.tsx";
import { ActiveTime, Ago } from "../../ui/time.tsx";
import { WaitingList } from "../../ui/waiting.tsx";
import { Pipeline } from "../pipeline/pipeline.tsx";
import { shownStatus } from "../runs/run-status.ts";
import { ArtifactsView } from "./artifacts-view.tsx";
import { AttemptsView } from "./attempts-view.tsx";
import { evaluationGroups, evaluationLabel, fullCondition } from "./conditions.ts";
import { CurvesView } from "./curves-view.tsx";
import { FailureCard } from "./failure-card.tsx";
import { LineageView } from "./lineage-view.tsx";
import { LogView } from "./log-view.tsx";
import { ParamsView } from "./params-view.tsx";
import { ReleaseButton, RetryButton, RunActions } from "./run-actions.tsx";
import { SamplesView } from "./samples-view.tsx";
import { StageNode } from "./stage-node.tsx";
import { useLiveRun } from "./use-live-run.ts";
import { useLiveStage } from "./use-live-stage.ts";

/** Everything about one run, live. */
export function RunView({ runId, initialTab }: { runId: string; initialTab: string | null }) {
  const run = useLiveRun(runId);
  if (run.data !== undefined) return <LoadedRun run={run.data} initialTab={initialTab} />;
  if (run.error !== null) return <Problem error={run.error} onRetry={() => void run.refetch()} />;
  return (
    <div className="flex flex-col gap-6">
      <Skeleton className="h-20" />
      <Skeleton className="h-24" />
      <Skeleton className="h-[28rem]" />
    </div>
  );
}

function LoadedRun({ run, initialTab }: { run: Run; initialTab: string | null }) {
  const [chosen, setChosen] = useState<string | null>(null);
  const stage = run.stages.find(({ name }) => name === chosen) ?? stageWorthSeeing(run.stages);
  const nodes = run.stages.map((each) => ({
    name: each.name,
    inputs: each.inputs.map(({ stageName }) => stageName),
    stage: each,
  }));
  const failed = run.stages.filter((each) => each.failure !== null && each.status === "failed");
  const quarantined = run.stages.filter((each) => each.quarantinedAt !== null);
  const waiting = run.stages.filter(
    (each) => each.waitingReason !== null && (each.status === "ready" || each.status === "pending"),
  );
  return (
    <>
      <RunHeader run={run} stage={stage} />
      <div className="flex flex-col gap-6">
        {failed.map((each) => (
          <FailureCard
            key={each.id}
            stageName={each.name}
            failure={each.failure!}
            attempt={each.attempt}
            action={<RetryButton runId={run.id} label="Try again" />}
          />
        ))}
        {failed.length === 0 && run.error !== null && run.status === "failed" && (
          <FailureCard
            stageName={run.name}
            failure={run.error}
            attempt={1}
            action={<RetryButton runId={run.id} label="Try again" />}
          />
        )}
        {failed.length === 0 && (
          <WaitingList
            waiting={waiting.map(({ id, name, waitingReason }) => ({
              id,
              who: `${name} waits`,
              reason: waitingReason,
            }))}
          />
        )}
        {quarantined.map((each) => (
          <div
            key={each.id}
            role="status"
            className="flex flex-wrap items-center gap-x-4 gap-y-2 rounded-lg border border-line-strong bg-warn-soft px-4 py-3 text-sm"
          >
            <ShieldAlert aria-hidden className="size-4 shrink-0 text-warn" />
            <p className="min-w-0 flex-1">
              <span className="font-medium">{each.name}</span> is in quarantine: it has taken down the processes or
              workers that tried it, so nobody takes it any more.
            </p>
            <ReleaseButton stageId={each.id} />
          </div>
        ))}
        <Pipeline
          nodes={nodes}
          nodeWidth={nodes.length > 6 ? 190 : 240}
          nodeHeight={62}
          label="Stages"
          shown={stage?.name}
        >
          {(node) => (
            <StageNode
              stage={node.stage}
              selected={node.stage.id === stage?.id}
              onSelect={() => setChosen(node.name)}
            />
          )}
        </Pipeline>
        {stage !== undefined && <RunTabs run={run} stage={stage} initialTab={initialTab} />}
      </div>
    </>
  );
}

/** What runs; else what failed; else what has made curves last; else the first. */
function stageWorthSeeing(stages: readonly Stage[]): Stage | undefined {
  return (
    stages.find(({ status }) => status === "running") ??
    stages.find(({ status }) => status === "failed") ??
    stages.findLast(({ latest, earlier }) => latest.length > 0 && earlier === null) ??
    stages[0]
  );
}

function RunHeader({ run, stage }: { run: Run; stage: Stage | undefined }) {
  const { headline } = run;
  const group = evaluationGroups(run.evaluations).find(({ dataset }) => dataset === headline?.dataset);
  const controls = group?.evaluations.filter(
    ({ condition, metrics }) => condition !== fullCondition && metrics[headline!.metric] !== undefined,
  );
  return (
    <header className="mb-6">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
        <h1 className="min-w-0 text-xl font-semibold tracking-tight break-words">{run.name}</h1>
        <StatusLabel status={shownStatus(run)} />
        <div className="ml-auto flex flex-wrap items-center gap-2 max-sm:ml-0">
          <RunActions run={run} stage={stage} />
        </div>
      </div>
      <Facts testId="facts">
        {headline !== null && (
          <Fact label={`${headline.label} on ${headline.dataset}`} big>
            {formatScore(headline.value, headline.unit)}
          </Fact>
        )}
        {controls?.map((control) => (
          <Fact key={control.id} label={evaluationLabel(control, group!)} big muted>
            {formatScore(control.metrics[headline!.metric]!, headline!.unit)}
          </Fact>
        ))}
        <Fact label="Recipe">{run.recipe}</Fact>
        <Fact label="Seed">{run.seed}</Fact>
        <Fact label="Duration">
          <ActiveTime clock={run.clock} isPaused={shownStatus(run) === "paused"} />
        </Fact>
        <Fact label="Launched">
          <Ago at={run.createdAt} />
        </Fact>
        {run.cost.deviceSeconds > 0 && (
          <Fact label="Device time">
            {formatDuration(run.cost.deviceSeconds * 1_000)}
            {run.cost.wastedDeviceSeconds >= 1 && (
              <span
                className="text-sm text-ink-3"
                title="Attempts that failed, were lost or cancelled; those that gave way and left a checkpoint are no waste"
              >
                , {formatDuration(run.cost.wastedDeviceSeconds * 1_000)} of it wasted
              </span>
            )}
          </Fact>
        )}
        {run.cost.savedDeviceSeconds > 0 && (
          <Fact label="Saved by reuse">{formatDuration(run.cost.savedDeviceSeconds * 1_000)}</Fact>
        )}
        {run.stages.map(
          ({ name, earlier }) =>
            earlier !== null && (
              <Fact key={name} label={toWords(name)}>
                <Link
                  href={`/runs/${earlier.runId}`}
                  className="underline decoration-line-strong underline-offset-2 hover:decoration-ink"
                >
                  {earlier.runName}
                </Link>
                <span className="text-sm text-ink-3">, an earlier run</span>
              </Fact>
            ),
        )}
        {run.sweep !== null && (
          <Fact label="Sweep">
            <Link
              href={`/sweeps/${run.sweep.id}`}
              className="underline decoration-line-strong underline-offset-2 hover:decoration-ink"
            >
              {run.sweep.name}
            </Link>
            <span className="text-sm text-ink-3">, trial {run.sweep.trial}</span>
          </Fact>
        )}
        <Fact label="Project">{run.project.slug}</Fact>
      </Facts>
    </header>
  );
}

function RunTabs({ run, stage, initialTab }: { run: Run; stage: Stage; initialTab: string | null }) {
  const numArtifacts = run.stages.reduce((sum, { artifacts }) => sum + artifacts.length, 0);
  return (
    <PageTabs
      label="About this run"
      initial={initialTab}
      tabs={[
        { name: "curves", label: "Curves", content: <StageCurves key={stage.id} stage={stage} /> },
        { name: "samples", label: "Results", content: <SamplesView run={run} /> },
        { name: "log", label: "Log", content: <StageLog key={stage.id} stage={stage} /> },
        { name: "parameters", label: "Parameters", content: <ParamsView run={run} /> },
        {
          name: "artifacts",
          label: (
            <>
              Artifacts <TabCount count={numArtifacts} />
            </>
          ),
          content: <ArtifactsView run={run} />,
        },
        {
          name: "attempts",
          label: (
            <>
              Attempts <TabCount count={stage.attempt > 1 ? stage.attempt : 0} />
            </>
          ),
          content: <AttemptsView key={stage.id} stage={stage} />,
        },
        { name: "lineage", label: "Lineage", content: <LineageView key={stage.id} stage={stage} runId={run.id} /> },
      ]}
    />
  );
}

function StageCurves({ stage }: { stage: Stage }) {
  return <CurvesView stage={stage} stream={useLiveStage(stage)} />;
}

function StageLog({ stage }: { stage: Stage }) {
  return <LogView stageName={stage.name} stream={useLiveStage(stage)} live={stage.finishedAt === null} />;
}
