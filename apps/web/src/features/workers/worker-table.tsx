"use client";

import { useQuery } from "@tanstack/react-query";
import { formatBytes } from "../../format/number.ts";
import { useTRPC } from "../../trpc/client.tsx";
import { cx } from "../../ui/class-names.ts";
import { Command } from "../../ui/copy.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Sheet } from "../../ui/panel.tsx";
import { Problem } from "../../ui/problem.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { Ago } from "../../ui/time.tsx";
import { WorkerState } from "./worker-state.tsx";

/** Machines that take stages: what they have, and when they were last heard of. */
export function WorkerTable() {
  const trpc = useTRPC();
  const workers = useQuery(trpc.workers.list.queryOptions(undefined, { refetchInterval: 5_000 }));
  if (workers.error !== null) return <Problem error={workers.error} onRetry={() => void workers.refetch()} />;
  if (workers.data?.length === 0) {
    return (
      <Empty title="No worker is connected" action={<Command text="npm start" />}>
        Stages wait until a worker takes them. <code>npm start</code> runs the server with one worker on this machine.
      </Empty>
    );
  }
  return (
    <Sheet className="scroll-shadow">
      <table aria-label="Workers" className="w-full text-left">
        <thead>
          <tr className="border-b border-line text-xs text-ink-3 [&>th]:h-9 [&>th]:px-4 [&>th]:font-normal [&>th]:whitespace-nowrap">
            <th scope="col">State</th>
            <th scope="col">Worker</th>
            <th scope="col">Devices</th>
            <th scope="col" className="text-right">
              Threads
            </th>
            <th scope="col" className="text-right">
              Memory
            </th>
            <th scope="col" className="text-right">
              Stages now
            </th>
            <th scope="col" className="text-right">
              Up since
            </th>
            <th scope="col" className="text-right">
              Last heard of
            </th>
          </tr>
        </thead>
        <tbody>
          {workers.data === undefined ? (
            <SkeletonRows rows={2} columns={8} />
          ) : (
            workers.data.map((worker) => (
              <tr
                key={worker.id}
                className={cx(
                  "border-b border-line last:border-0 [&>td]:px-4 [&>td]:py-2.5",
                  worker.status === "gone" && "text-ink-3",
                )}
              >
                <td>
                  <WorkerState status={worker.status} />
                </td>
                <td>
                  <span className="font-medium">{worker.name}</span>
                  <span className="block text-xs text-ink-3">
                    {worker.host}, process <span className="numeric">{worker.pid}</span>
                  </span>
                </td>
                <td>
                  <span className="flex flex-wrap gap-1">
                    {worker.devices.map((device) => (
                      <code key={device} className="rounded-sm bg-sunken px-1.5 py-0.5 font-mono text-xs">
                        {device}
                      </code>
                    ))}
                  </span>
                </td>
                <td className="text-right">{worker.threads}</td>
                <td className="text-right whitespace-nowrap">{formatBytes(worker.memoryBytes)}</td>
                <td className="text-right">{worker.stageIds.length}</td>
                <td className="text-right text-sm">
                  <Ago at={worker.startedAt} />
                </td>
                <td className="text-right text-sm">
                  <Ago at={worker.heartbeatAt} />
                </td>
              </tr>
            ))
          )}
        </tbody>
      </table>
    </Sheet>
  );
}
