import type { Metadata } from "next";
import { CompareView } from "../../../features/compare/compare-view.tsx";
import { mostCompared } from "../../../features/compare/limits.ts";
import { PageHeader } from "../../../features/shell/page-header.tsx";
import { Hydrated, prefetch, serverTRPC } from "../../../trpc/server.tsx";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export const metadata: Metadata = { title: "Compare" };

export default async function ComparePage({ searchParams }: { searchParams: Promise<{ runs?: string }> }) {
  const { runs = "" } = await searchParams;
  const ids = [...new Set(runs.split(","))].filter((id) => uuid.test(id)).slice(0, mostCompared);
  await prefetch(...ids.map((runId) => serverTRPC.runs.get.queryOptions({ runId })));
  return (
    <Hydrated>
      <PageHeader title="Compare">
        What differs between runs, how they learned, and how sure the difference is.
      </PageHeader>
      <CompareView runIds={ids} />
    </Hydrated>
  );
}
