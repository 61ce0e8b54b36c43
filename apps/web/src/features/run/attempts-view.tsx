"use client";

import type { Attempt, Stage } from "@retort/api";
import { useQuery } from "@tanstack/react-query";
import { formatBytes, formatCount } from "../../format/number.ts";
import { useTRPC } from "../../trpc/client.tsx";
import { cx } from "../../ui/class-names.ts";
import { CopyButton } from "../../ui/copy.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Sheet } from "../../ui/panel.tsx";
import { ErrorParts, Problem } from "../../ui/problem.tsx";
import { ScrollRegion } from "../../ui/scroll-region.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { Ago, Elapsed } from "../../ui/time.tsx";

/** Every try of a stage: where it ran, what it went on from, how it ended. Newest first. */
export function AttemptsView({ stage }: { stage: Stage }) {
  const trpc = useTRPC();
  const attempts = useQuery(
    trpc.stages.attempts.queryOptions(
      { stageId: stage.id },
      { refetchInterval: stage.finishedAt === null ? 3_000 : false },
    ),
  );
  if (attempts.error !== null) return <Problem error={attempts.error} onRetry={() => void attempts.refetch()} />;
  if (attempts.data === undefined) return <Skeleton className="h-40" />;
  if (attempts.data.length === 0) {
    return (
      <Empty title={`${stage.name} has not been tried yet`}>
        {stage.waitingReason ?? "A worker takes it as soon as everything before it is done and it fits."}
      </Empty>
    );
  }
  return (
    <ol aria-label={`Attempts of ${stage.name}`} className="flex flex-col gap-4">
      {attempts.data.toReversed().map((attempt) => (
        <li key={attempt.number}>
          <AttemptCard stageId={stage.id} attempt={attempt} />
        </li>
      ))}
    </ol>
  );
}

const looks: Record<Attempt["status"], { label: string; color: string }> = {
  running: { label: "Running", color: "text-running" },
  succeeded: { label: "Succeeded", color: "text-success" },
  failed: { label: "Failed", color: "text-danger" },
  cancelled: { label: "Cancelled", color: "text-ink-3" },
  lost: { label: "Lost its worker", color: "text-warn" },
};

/** It stopped to make room, and its stage goes on: neither a failure nor a waste. */
function gaveWay({ status, failure }: Pick<Attempt, "status" | "failure">): boolean {
  return status === "failed" && failure?.kind === "preempted";
}

function AttemptCard({ stageId, attempt }: { stageId: string; attempt: Attempt }) {
  const { label, color } = gaveWay(attempt) ? { label: "Gave way", color: "text-ink-2" } : looks[attempt.status];
  const facts: [string, React.ReactNode][] = [
    ["Worker", attempt.host === attempt.workerName ? attempt.workerName : `${attempt.workerName} on ${attempt.host}`],
    ["Started", <Ago key="started" at={attempt.startedAt} />],
    ["Duration", <Elapsed key="duration" from={attempt.startedAt} to={attempt.finishedAt} />],
    ...(attempt.resumedFromStep === null
      ? []
      : [
          [
            "Began at",
            attempt.resumedFromStep < 0
              ? "the start"
              : `the checkpoint of step ${formatCount(attempt.resumedFromStep)}`,
          ] as [string, string],
        ]),
    ...(attempt.droppedPoints > 0
      ? [["Took back", `${formatCount(attempt.droppedPoints)} points of a dead attempt`] as [string, string]]
      : []),
    ...(attempt.accumulate > 1
      ? [["Each step in", `${attempt.accumulate} micro-batches, to fit into memory`] as [string, string]]
      : []),
  ];
  return (
    <Sheet className="px-4 py-3.5 sm:px-5">
      <article aria-label={`Attempt ${attempt.number}`}>
        <h2 className="flex items-baseline gap-3">
          <span className="font-medium">
            Attempt <span className="numeric">{attempt.number}</span>
          </span>
          <span className={cx("text-sm font-medium", color)}>{label}</span>
        </h2>
        <dl className="mt-2 flex flex-wrap gap-x-8 gap-y-2 text-sm">
          {facts.map(([name, value]) => (
            <div key={name}>
              <dt className="label">{name}</dt>
              <dd className="numeric">{value}</dd>
            </div>
          ))}
        </dl>
        {attempt.environment !== null && (
          <Environment
            environment={attempt.environment}
            changesHref={`/api/stages/${stageId}/attempts/${attempt.number}/changes`}
          />
        )}
        {attempt.failure !== null && gaveWay(attempt) && (
          <p className="mt-3 text-sm text-ink-2">{attempt.failure.message}.</p>
        )}
        {attempt.failure !== null && !gaveWay(attempt) && (
          <div className="mt-3 rounded-md border border-danger bg-danger-soft px-3.5 py-3">
            <ErrorParts view={attempt.failure} />
          </div>
        )}
        {attempt.lastOutput !== null && attempt.lastOutput.trim() !== "" && (
          <details className="mt-3">
            <summary className="w-fit text-sm text-ink-2 underline-offset-2 hover:underline">
              Last output of the process
            </summary>
            <div className="relative mt-2">
              <ScrollRegion
                label="Last output of the process"
                className="max-h-72 overflow-y-auto rounded-md border border-line bg-sunken px-3 py-2.5"
              >
                <pre className="font-mono text-xs leading-5 whitespace-pre-wrap">{attempt.lastOutput.trim()}</pre>
              </ScrollRegion>
              <div className="absolute top-1 right-1">
                <CopyButton text={attempt.lastOutput} label="Copy output" />
              </div>
            </div>
          </details>
        )}
      </article>
    </Sheet>
  );
}

/** What the code differed in from its commit: to be downloaded, or, when it was too large to keep, its hash. */
function Changes({
  environment: { gitDiffSha256, gitDiffBytes, isGitDiffKept },
  changesHref,
}: {
  environment: NonNullable<Attempt["environment"]>;
  changesHref: string;
}) {
  if (gitDiffSha256 === null) return "none";
  const size = gitDiffBytes === null ? "" : `, ${formatBytes(gitDiffBytes)}`;
  const text = `sha256 ${gitDiffSha256.slice(0, 12)}${size}`;
  if (!isGitDiffKept) return `${text}, not kept`;
  return (
    <a href={changesHref} download className="underline underline-offset-2">
      {text}
    </a>
  );
}

/** What it takes to get the same bits again. */
function Environment(props: { environment: NonNullable<Attempt["environment"]>; changesHref: string }) {
  const { gitCommit, lockSha256, node, onnxruntime, platform, cpu } = props.environment;
  const rows = [
    ["Commit", gitCommit === null ? null : gitCommit.slice(0, 12)],
    ["Changes on top", gitCommit === null ? null : <Changes key="changes" {...props} />],
    ["Dependencies", lockSha256 === null ? null : `lock ${lockSha256.slice(0, 12)}`],
    ["Node.js", node],
    ["ONNX Runtime", onnxruntime],
    ["Platform", platform],
    ["Processor", cpu],
  ] as const;
  return (
    <details className="mt-3">
      <summary className="w-fit text-sm text-ink-2 underline-offset-2 hover:underline">Environment</summary>
      <dl className="mt-2 grid grid-cols-[auto_1fr] gap-x-4 gap-y-0.5 text-sm">
        {rows.map(([label, value]) => (
          <div key={label} className="contents">
            <dt className="text-ink-3">{label}</dt>
            <dd className="font-mono text-xs leading-5 break-all">{value ?? "not known"}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
