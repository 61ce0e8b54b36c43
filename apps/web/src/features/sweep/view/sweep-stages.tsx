"use client";

import type { SweepDag } from "@retort/api";
import { useQuery } from "@tanstack/react-query";
import { Recycle, Split } from "lucide-react";
import { formatDuration } from "../../../format/duration.ts";
import { formatCount } from "../../../format/number.ts";
import { useTRPC } from "../../../trpc/client.tsx";
import { cx } from "../../../ui/class-names.ts";
import { Empty } from "../../../ui/empty.tsx";
import { Problem } from "../../../ui/problem.tsx";
import { Skeleton } from "../../../ui/skeleton.tsx";
import { type Status, StatusIcon, statusLooks } from "../../../ui/status.tsx";
import { Pipeline } from "../../pipeline/pipeline.tsx";

type Node = SweepDag["nodes"][number];

/** The stages of all runs, equal ones drawn once: what the runs share is seen at a glance. */
export function SweepStages({ sweepId, live }: { sweepId: string; live: boolean }) {
  const trpc = useTRPC();
  const dag = useQuery(
    trpc.sweeps.dag.queryOptions(
      { sweepId },
      { refetchInterval: live ? 4_000 : false, placeholderData: (previous) => previous },
    ),
  );
  if (dag.error !== null) return <Problem error={dag.error} onRetry={() => void dag.refetch()} />;
  if (dag.data === undefined) return <Skeleton className="h-72" />;
  const { nodes, edges } = dag.data;
  if (nodes.length === 0) return <Empty title="No stage yet">Stages appear when the first trials are asked for.</Empty>;
  const placed = nodes.map((node) => ({
    name: node.id,
    inputs: edges.filter(({ to }) => to === node.id).map(({ from }) => from),
    node,
  }));
  return (
    <Pipeline nodes={placed} nodeWidth={250} nodeHeight={84} label="Stages of the sweep">
      {({ node }) => <StageCard node={node} />}
    </Pipeline>
  );
}

function StageCard({ node }: { node: Node }) {
  const statuses = Object.entries(node.statuses).filter(([, count]) => count > 0) as [Status, number][];
  const [only] = statuses;
  return (
    <div
      className={cx(
        "flex h-full flex-col justify-center gap-1 rounded-lg border bg-surface px-3",
        node.shared ? "border-copper" : "border-line-strong",
        // Several stages as one card look like a stack.
        node.numStages > 1 && "shadow-[3px_3px_0_var(--surface),4px_4px_0_var(--line-strong)]",
      )}
      data-node={node.name}
    >
      <p className="flex items-center gap-2">
        {statuses.length === 1 && <StatusIcon status={only![0]} />}
        <span className="min-w-0 flex-1 truncate font-medium" title={node.title}>
          {node.name}
        </span>
        {node.numStages > 1 && <span className="text-sm text-ink-2 numeric">× {formatCount(node.numStages)}</span>}
      </p>
      <p className="flex flex-wrap items-center gap-x-2.5 text-xs text-ink-2">
        {node.shared && (
          <span
            className="inline-flex items-center gap-1 text-copper"
            title="More than one run takes it: it is done once"
          >
            <Split aria-hidden className="size-3" /> for {formatCount(node.numRuns)} runs
          </span>
        )}
        {node.numReused > 0 && (
          <span className="inline-flex items-center gap-1" title="An earlier launch had asked for it">
            <Recycle aria-hidden className="size-3" /> {node.numReused === node.numStages ? "" : node.numReused} reused
          </span>
        )}
        {node.deviceSeconds > 0 && (
          <span className="ml-auto text-ink-3 numeric">{formatDuration(node.deviceSeconds * 1_000)}</span>
        )}
      </p>
      <p className="flex flex-wrap gap-x-2.5 text-xs text-ink-2">
        {statuses.map(([status, count]) => (
          <span key={status} className="inline-flex items-center gap-1">
            {statuses.length > 1 && <StatusIcon status={status} className="size-3" />}
            {node.numStages > 1 && <span className="numeric">{formatCount(count)}</span>}
            {statusLooks[status].label.toLowerCase()}
          </span>
        ))}
      </p>
    </div>
  );
}
