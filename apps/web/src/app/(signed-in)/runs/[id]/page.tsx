import type { Metadata } from "next";
import { RunView } from "../../../../features/run/run-view.tsx";
import { Hydrated, prefetch, serverTRPC } from "../../../../trpc/server.tsx";

interface Props {
  params: Promise<{ id: string }>;
  searchParams: Promise<{ tab?: string }>;
}

export const metadata: Metadata = { title: "Run" };

export default async function RunPage({ params, searchParams }: Props) {
  const { id } = await params;
  const { tab } = await searchParams;
  await prefetch(serverTRPC.runs.get.queryOptions({ runId: id }));
  return (
    <Hydrated>
      <RunView runId={id} initialTab={tab ?? null} />
    </Hydrated>
  );
}
