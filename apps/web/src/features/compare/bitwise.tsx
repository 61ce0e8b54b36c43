"use client";

import type { Run, StageDifference } from "@retort/api";
import { useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleX, Clock3, Link2 } from "lucide-react";
import { useEffect } from "react";
import { formatCount } from "../../format/number.ts";
import { useTRPC } from "../../trpc/client.tsx";
import { Panel, Sheet } from "../../ui/panel.tsx";
import { Problem } from "../../ui/problem.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { isLive } from "../runs/run-status.ts";

/** Whether two runs came out the same: files, metric points and evaluations of each stage, bit by bit. */
export function Bitwise({ run, other }: { run: Run; other: Run }) {
  const trpc = useTRPC();
  const live = isLive(run) || isLive(other);
  const compared = useQuery(
    trpc.runs.compare.queryOptions(
      { runId: run.id, otherId: other.id },
      { refetchInterval: live ? 4_000 : false, placeholderData: (previous) => previous },
    ),
  );
  const { refetch } = compared;
  // What was read while one of them ran is not the last word.
  useEffect(() => {
    if (!live) void refetch();
  }, [live, refetch]);
  return (
    <Panel id="bitwise" title="Bit by bit" note="files, metric points and evaluations of each stage">
      {compared.error !== null ? (
        <Problem error={compared.error} onRetry={() => void compared.refetch()} />
      ) : compared.data === undefined ? (
        <Skeleton className="h-32" />
      ) : compared.data.length === 0 ? (
        <p className="text-sm text-ink-2">The two have no stage of the same name.</p>
      ) : (
        <Sheet>
          <ul aria-label="Stages compared">
            {compared.data.map((stage) => (
              <li
                key={stage.name}
                className="flex flex-wrap gap-x-4 gap-y-1 border-b border-line px-4 py-2.5 text-sm last:border-0"
              >
                <span className="w-40 truncate font-medium">{stage.name}</span>
                <Verdict stage={stage} />
              </li>
            ))}
          </ul>
        </Sheet>
      )}
    </Panel>
  );
}

function Verdict({ stage }: { stage: StageDifference }) {
  if (stage.isShared) {
    return (
      <span className="inline-flex items-center gap-1.5 text-ink-2">
        <Link2 aria-hidden className="size-4" /> the very same stage in both
      </span>
    );
  }
  if (stage.isEqual) {
    return (
      <span className="inline-flex items-center gap-1.5 text-success">
        <CircleCheck aria-hidden className="size-4" /> equal: {formatCount(stage.numArtifacts)} files,{" "}
        {formatCount(stage.numPoints)} metric points, {formatCount(stage.numEvaluations)} evaluations
      </span>
    );
  }
  const differences = [
    ...stage.artifacts.map((name) => `file ${name}`),
    ...stage.metrics.map(
      ({ key, firstStep, numPoints }) =>
        `${key}: ${formatCount(numPoints)} points, first at step ${formatCount(firstStep)}`,
    ),
    ...stage.evaluations,
  ];
  if (stage.status !== "succeeded" || stage.otherStatus !== "succeeded") {
    return (
      <span className="inline-flex items-center gap-1.5 text-ink-2">
        <Clock3 aria-hidden className="size-4" /> {stage.status} and {stage.otherStatus}: compared when both have
        succeeded
      </span>
    );
  }
  return (
    <span className="min-w-0 flex-1">
      <span className="inline-flex items-center gap-1.5 text-danger">
        <CircleX aria-hidden className="size-4" /> differs
      </span>
      <ul className="mt-1 font-mono text-xs text-ink-2">
        {differences.map((difference) => (
          <li key={difference}>{difference}</li>
        ))}
      </ul>
    </span>
  );
}
