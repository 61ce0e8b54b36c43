import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { RunView } from "../../../../features/run/run-view.tsx";
import { Hydrated, isMissing, prefetch, queryClient, serverTRPC } from "../../../../trpc/server.tsx";

interface Props {
  params: Promise<{ id: string }>;
  searchParams: Promise<{ tab?: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const query = serverTRPC.runs.get.queryOptions({ runId: (await params).id });
  await prefetch(query);
  return { title: queryClient().getQueryData(query.queryKey)?.name ?? "Run" };
}

export default async function RunPage({ params, searchParams }: Props) {
  const { id } = await params;
  const { tab } = await searchParams;
  const query = serverTRPC.runs.get.queryOptions({ runId: id });
  await prefetch(query);
  if (isMissing(query.queryKey)) notFound();
  return (
    <Hydrated>
      <RunView runId={id} initialTab={tab ?? null} />
    </Hydrated>
  );
}
