import type { Metadata } from "next";
import { RunBrowser, type RunFilter } from "../../../features/runs/run-browser.tsx";
import { listedStatuses } from "../../../features/runs/run-status.ts";
import { PageHeader } from "../../../features/shell/page-header.tsx";
import { Hydrated, prefetch, serverTRPC } from "../../../trpc/server.tsx";

export const metadata: Metadata = { title: "Runs" };

export default async function RunsPage({
  searchParams,
}: {
  searchParams: Promise<{ status?: string; recipe?: string }>;
}) {
  const { status, recipe } = await searchParams;
  const filter: RunFilter = {
    status: listedStatuses.find((known) => known === status),
    recipe: recipe || undefined,
  };
  await prefetch(serverTRPC.recipes.list.queryOptions());
  return (
    <Hydrated>
      <PageHeader title="Runs" />
      <RunBrowser filter={filter} />
    </Hydrated>
  );
}
