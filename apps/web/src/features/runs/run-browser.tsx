"use client";

import type { RunStatus } from "@retort/api";
import { useQuery } from "@tanstack/react-query";
import { FlaskConical } from "lucide-react";
import Link from "next/link";
import { usePathname, useRouter } from "next/navigation";
import { useState } from "react";
import { useTRPC, useTRPCClient } from "../../trpc/client.tsx";
import { usePages } from "../../trpc/use-pages.ts";
import { Button } from "../../ui/button.tsx";
import { Empty } from "../../ui/empty.tsx";
import { OlderButton } from "../../ui/older-button.tsx";
import { Problem } from "../../ui/problem.tsx";
import { Segments } from "../../ui/segments.tsx";
import { StatusIcon, statusLooks } from "../../ui/status.tsx";
import { CompareBar } from "../compare/compare-bar.tsx";
import { isLive, listedStatuses } from "./run-status.ts";
import { lossKeys, RunTable } from "./run-table.tsx";

export interface RunFilter {
  status: RunStatus | undefined;
  recipe: string | undefined;
}

/** All runs with filters in the address, older ones on demand. */
export function RunBrowser({ filter }: { filter: RunFilter }) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const input = { ...filter, limit: 50, metricKeys: lossKeys };
  const runs = usePages({
    queryKey: trpc.runs.list.queryKey(input),
    ask: (cursor, signal) => client.runs.list.query({ ...input, cursor }, { signal }),
    isLive: (page) => page.runs.some(isLive),
  });
  const loaded = runs.data?.pages.flatMap((page) => page.runs) ?? null;
  const [picked, setPicked] = useState<readonly string[]>([]);
  const selection = {
    runIds: picked,
    toggle: (runId: string) =>
      setPicked(picked.includes(runId) ? picked.filter((id) => id !== runId) : [...picked, runId]),
  };
  const filtered = filter.status !== undefined || filter.recipe !== undefined;
  return (
    <>
      <Filters filter={filter} />
      {runs.error !== null && <Problem error={runs.error} onRetry={() => void runs.refetch()} />}
      {loaded !== null && loaded.length === 0 ? (
        filtered ? (
          <Empty title="No run matches" action={<ClearFilters />}>
            Nothing with this status and recipe yet.
          </Empty>
        ) : (
          <Empty
            title="No runs yet"
            action={
              <Button asChild look="primary">
                <Link href="/launch">
                  <FlaskConical /> Launch the first one
                </Link>
              </Button>
            }
          >
            A run is a recipe with parameters and a seed. It shows here from the moment it is launched.
          </Empty>
        )
      ) : (
        (runs.error === null || loaded !== null) && <RunTable runs={loaded} label="Runs" selection={selection} />
      )}
      <OlderButton what="runs" pages={runs} />
      {picked.length > 0 && <CompareBar runIds={picked} onClear={() => setPicked([])} />}
    </>
  );
}

function useFilterLink() {
  const router = useRouter();
  const path = usePathname();
  return (filter: RunFilter) => {
    const query = new URLSearchParams(
      Object.entries(filter).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
    router.replace(query.size === 0 ? path : `${path}?${query}`, { scroll: false });
  };
}

function ClearFilters() {
  const show = useFilterLink();
  return <Button onClick={() => show({ status: undefined, recipe: undefined })}>Show all runs</Button>;
}

function Filters({ filter }: { filter: RunFilter }) {
  const trpc = useTRPC();
  const recipes = useQuery(trpc.recipes.list.queryOptions(undefined, { staleTime: 60_000 }));
  const show = useFilterLink();
  return (
    <div className="mb-4 flex flex-wrap items-center gap-x-4 gap-y-3">
      <Segments
        label="Status"
        value={filter.status ?? "all"}
        onChange={(value) => show({ ...filter, status: value === "all" ? undefined : value })}
        options={[
          { value: "all", label: "All" },
          ...listedStatuses.map((status) => ({
            value: status,
            label: (
              <>
                <StatusIcon status={status} className="size-3.5 animate-none" />
                {statusLooks[status].label}
              </>
            ),
          })),
        ]}
      />
      <select
        aria-label="Recipe"
        value={filter.recipe ?? ""}
        onChange={(event) => show({ ...filter, recipe: event.target.value || undefined })}
        className="select h-9 rounded-md border border-control bg-surface pl-2.5 text-sm"
      >
        <option value="">All recipes</option>
        {recipes.data?.map(({ name, title }) => (
          <option key={name} value={name}>
            {title}
          </option>
        ))}
      </select>
    </div>
  );
}
