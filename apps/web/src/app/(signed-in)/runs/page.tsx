import type { RunStatus } from "@retort/api";
import type { Metadata } from "next";
import { RunBrowser, type RunFilter } from "../../../features/runs/run-browser.tsx";
import { PageHeader } from "../../../features/shell/page-header.tsx";
import { Hydrated, prefetch, serverTRPC } from "../../../trpc/server.tsx";

export const metadata: Metadata = { title: "Runs" };

const statuses: readonly string[] = ["queued", "running", "succeeded", "failed", "cancelled"] satisfies RunStatus[];

export default async function RunsPage({
  searchParams,
}: {
  searchParams: Promise<{ status?: string; recipe?: string }>;
}) {
  const { status, recipe } = await searchParams;
  const filter: RunFilter = {
    status: status !== undefined && statuses.includes(status) ? (status as RunStatus) : undefined,
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
