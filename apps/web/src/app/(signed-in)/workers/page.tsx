import type { Metadata } from "next";
import { PageHeader } from "../../../features/shell/page-header.tsx";
import { WorkerList } from "../../../features/workers/worker-list.tsx";
import { Hydrated, prefetch, serverTRPC } from "../../../trpc/server.tsx";

export const metadata: Metadata = { title: "Workers" };

export default async function WorkersPage() {
  await prefetch(serverTRPC.workers.list.queryOptions());
  return (
    <Hydrated>
      <PageHeader title="Workers">
        Each takes stages that its devices, threads and memory allow, one process an attempt.
      </PageHeader>
      <WorkerList />
    </Hydrated>
  );
}
