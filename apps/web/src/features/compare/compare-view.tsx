"use client";

import { useQueries } from "@tanstack/react-query";
import { ArrowLeft, X } from "lucide-react";
import Link from "next/link";
import { usePathname, useRouter } from "next/navigation";
import { useTRPC } from "../../trpc/client.tsx";
import { Button } from "../../ui/button.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Panel, Sheet } from "../../ui/panel.tsx";
import { Problem } from "../../ui/problem.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { StatusIcon } from "../../ui/status.tsx";
import { seriesVariable } from "../charts/palette.ts";
import { isLive } from "../runs/run-status.ts";
import { Bitwise } from "./bitwise.tsx";
import { EvaluationDifferences } from "./evaluation-differences.tsx";
import { mostCompared } from "./limits.ts";
import { OverlaidCurves } from "./overlaid-curves.tsx";
import { ParamDifferences } from "./param-differences.tsx";

/** Two to ten runs side by side: what differs, how they learned, what they reached. The first is the baseline. */
export function CompareView({ runIds }: { runIds: readonly string[] }) {
  const trpc = useTRPC();
  const router = useRouter();
  const path = usePathname();
  const found = useQueries({
    queries: runIds.map((runId) =>
      trpc.runs.get.queryOptions(
        { runId },
        { refetchInterval: ({ state }) => (state.data !== undefined && isLive(state.data) ? 3_000 : false) },
      ),
    ),
  });
  const show = (ids: readonly string[]) =>
    router.replace(ids.length === 0 ? path : `${path}?runs=${ids.join(",")}`, { scroll: false });
  const failed = found.find(({ error }) => error !== null);
  if (runIds.length < 2) {
    return (
      <Empty
        title="Pick at least two runs"
        action={
          <Button asChild look="primary">
            <Link href="/runs">
              <ArrowLeft /> To the runs
            </Link>
          </Button>
        }
      >
        Tick two to {mostCompared} runs in the list of runs and press Compare. The first one is the baseline.
      </Empty>
    );
  }
  if (failed !== undefined) return <Problem error={failed.error} onRetry={() => void failed.refetch()} />;
  const runs = found.flatMap(({ data }) => (data === undefined ? [] : [data]));
  if (runs.length < runIds.length) return <Skeleton className="h-[32rem]" />;
  return (
    <div className="flex flex-col gap-10">
      <Sheet>
        <ol aria-label="Runs compared">
          {runs.map((run, index) => (
            <li
              key={run.id}
              className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-2 text-sm last:border-0"
            >
              <span aria-hidden className="h-1 w-5 rounded" style={{ background: `var(${seriesVariable(index)})` }} />
              <StatusIcon status={run.status} />
              <Link href={`/runs/${run.id}`} className="min-w-0 truncate font-medium hover:underline">
                {run.name}
              </Link>
              <span className="text-ink-3">
                {run.recipe}, seed <span className="numeric">{run.seed}</span>
              </span>
              <span className="ml-auto flex items-center gap-1">
                {index === 0 ? (
                  <span className="rounded-sm border border-dashed border-control px-1.5 py-0.5 text-xs">baseline</span>
                ) : (
                  <Button
                    size="sm"
                    look="quiet"
                    onClick={() => show([run.id, ...runIds.filter((id) => id !== run.id)])}
                  >
                    Make it the baseline
                  </Button>
                )}
                <Button
                  size="icon"
                  look="quiet"
                  aria-label={`Take ${run.name} out`}
                  onClick={() => show(runIds.filter((id) => id !== run.id))}
                >
                  <X />
                </Button>
              </span>
            </li>
          ))}
        </ol>
      </Sheet>
      <EvaluationDifferences runs={runs} />
      {runs.length === 2 && <Bitwise run={runs[0]!} other={runs[1]!} />}
      <Panel id="parameters" title="Parameters that differ">
        <ParamDifferences runs={runs} />
      </Panel>
      <Panel id="curves" title="Curves">
        <OverlaidCurves runs={runs} />
      </Panel>
    </div>
  );
}
