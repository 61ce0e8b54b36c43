"use client";

import type { RunStatus } from "@retort/api";
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { FlaskConical } from "lucide-react";
import Link from "next/link";
import { usePathname, useRouter } from "next/navigation";
import { ToggleGroup } from "radix-ui";
import { useState } from "react";
import { useTRPC, useTRPCClient } from "../../trpc/client.tsx";
import { Button } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { Empty } from "../../ui/empty.tsx";
import { Problem } from "../../ui/problem.tsx";
import { StatusIcon, statusLooks } from "../../ui/status.tsx";
import { CompareBar } from "../compare/compare-bar.tsx";
import { isLive, lossKeys, RunTable } from "./run-table.tsx";

export interface RunFilter {
  status: RunStatus | undefined;
  recipe: string | undefined;
}

const statuses: readonly RunStatus[] = ["running", "queued", "succeeded", "failed", "cancelled"];

/** All runs with filters in the address, older ones on demand. */
export function RunBrowser({ filter }: { filter: RunFilter }) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const input = { ...filter, limit: 50, metricKeys: lossKeys };
  // Not infiniteQueryOptions(): that adds a "direction" to the input, which the strict procedure refuses.
  const runs = useInfiniteQuery({
    queryKey: [...trpc.runs.list.queryKey(input), "pages"],
    queryFn: ({ pageParam, signal }) => client.runs.list.query({ ...input, cursor: pageParam }, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.pages.some((page) => page.runs.some(isLive)) ? 2_000 : 10_000),
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
      {runs.hasNextPage && (
        <div className="mt-4 flex justify-center">
          <Button onClick={() => void runs.fetchNextPage()} disabled={runs.isFetchingNextPage}>
            {runs.isFetchingNextPage ? "Loading" : "Show older runs"}
          </Button>
        </div>
      )}
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
      <ToggleGroup.Root
        type="single"
        aria-label="Status"
        value={filter.status ?? "all"}
        onValueChange={(value) =>
          show({ ...filter, status: value === "all" || value === "" ? undefined : (value as RunStatus) })
        }
        className="scroll-shadow flex max-w-full rounded-md border border-control bg-surface p-0.5"
      >
        <FilterItem value="all">All</FilterItem>
        {statuses.map((status) => (
          <FilterItem key={status} value={status}>
            <StatusIcon status={status} className="size-3.5 animate-none" />
            {statusLooks[status].label}
          </FilterItem>
        ))}
      </ToggleGroup.Root>
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

function FilterItem({ value, children }: { value: string; children: React.ReactNode }) {
  return (
    <ToggleGroup.Item
      value={value}
      className={cx(
        "flex h-[1.875rem] shrink-0 items-center gap-1.5 rounded-sm px-2.5 text-sm text-ink-2 -outline-offset-2 hover:text-ink",
        "data-[state=on]:bg-sunken data-[state=on]:font-medium data-[state=on]:text-ink",
      )}
    >
      {children}
    </ToggleGroup.Item>
  );
}
