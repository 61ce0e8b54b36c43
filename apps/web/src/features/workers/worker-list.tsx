"use client";

import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "../../trpc/client.tsx";
import { Command } from "../../ui/copy.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Problem } from "../../ui/problem.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { WorkerCard } from "./worker-card.tsx";

/** Machines that take stages; those that left lately at the end. */
export function WorkerList() {
  const trpc = useTRPC();
  const workers = useQuery(trpc.workers.list.queryOptions(undefined, { refetchInterval: 3_000 }));
  if (workers.error !== null && workers.data === undefined)
    return <Problem error={workers.error} onRetry={() => void workers.refetch()} />;
  if (workers.data === undefined) return <Skeleton className="h-48" />;
  const present = workers.data.filter(({ status }) => status !== "gone");
  const gone = workers.data.filter(({ status }) => status === "gone");
  return (
    <div className="flex flex-col gap-4">
      {present.length === 0 && (
        <Empty title="No worker is connected" action={<Command text="npm start" />}>
          Stages wait until a worker takes them. <code>npm start</code> runs the server with one worker on this machine;
          docs/operations.md says how to start more of them elsewhere.
        </Empty>
      )}
      {present.map((worker) => (
        <WorkerCard key={worker.id} worker={worker} />
      ))}
      {gone.length > 0 && (
        <details className="mt-4">
          <summary className="w-fit text-sm text-ink-2">
            <span className="numeric">{gone.length}</span> gone within the last day
          </summary>
          <div className="mt-3 flex flex-col gap-4">
            {gone.map((worker) => (
              <WorkerCard key={worker.id} worker={worker} />
            ))}
          </div>
        </details>
      )}
    </div>
  );
}
