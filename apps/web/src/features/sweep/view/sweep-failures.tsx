"use client";

import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "../../../trpc/client.tsx";
import { cx } from "../../../ui/class-names.ts";
import { Empty } from "../../../ui/empty.tsx";
import { Sheet } from "../../../ui/panel.tsx";
import { Problem } from "../../../ui/problem.tsx";
import { ScrollRegion } from "../../../ui/scroll-region.tsx";
import { Skeleton } from "../../../ui/skeleton.tsx";

/** How trials ended by each value of each parameter: which value it is that fails. */
export function SweepFailures({ sweepId, live }: { sweepId: string; live: boolean }) {
  const trpc = useTRPC();
  const failures = useQuery(
    trpc.sweeps.failures.queryOptions(
      { sweepId },
      { refetchInterval: live ? 6_000 : false, placeholderData: (previous) => previous },
    ),
  );
  if (failures.error !== null) return <Problem error={failures.error} onRetry={() => void failures.refetch()} />;
  if (failures.data === undefined) return <Skeleton className="h-48" />;
  if (failures.data.every(({ values }) => values.every(({ failed, pruned }) => failed + pruned === 0))) {
    return (
      <Empty title="Nothing has failed">A value under which trials fail or are stopped early shows up here.</Empty>
    );
  }
  return (
    <Sheet>
      <ScrollRegion label="Failures by parameter value" className="rounded-[inherit]">
        <table aria-label="Failures by parameter value" className="w-full text-left text-sm">
          <thead>
            <tr className="border-b border-line text-xs text-ink-3 [&>th]:h-9 [&>th]:px-4 [&>th]:font-normal">
              <th scope="col">Parameter</th>
              <th scope="col">Value</th>
              <th scope="col" className="text-right">
                Trials
              </th>
              <th scope="col" className="text-right">
                Succeeded
              </th>
              <th scope="col" className="text-right">
                Pruned
              </th>
              <th scope="col" className="text-right">
                Failed
              </th>
              <th scope="col">Kinds</th>
            </tr>
          </thead>
          <tbody>
            {failures.data.flatMap(({ parameter, values }) =>
              values.map(({ label, n, succeeded, failed, pruned, kinds }, index) => (
                <tr
                  key={`${parameter}/${label}`}
                  className="border-b border-line last:border-0 [&>*]:px-4 [&>*]:py-1.5"
                >
                  <th scope="row" className={cx("font-mono text-xs font-normal", index > 0 && "text-transparent")}>
                    {parameter}
                  </th>
                  <td className="font-mono text-xs">{label}</td>
                  <td className="text-right">{n}</td>
                  <td className="text-right">{succeeded}</td>
                  <td className="text-right">{pruned}</td>
                  <td className={cx("text-right", failed > 0 && "font-semibold text-danger")}>{failed}</td>
                  <td className="text-ink-2">
                    {Object.entries(kinds)
                      .map(([kind, count]) => `${kind} ${count}`)
                      .join(", ")}
                  </td>
                </tr>
              )),
            )}
          </tbody>
        </table>
      </ScrollRegion>
    </Sheet>
  );
}
