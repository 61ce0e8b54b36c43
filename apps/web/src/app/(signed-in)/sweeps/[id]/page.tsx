import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { SweepView } from "../../../../features/sweep/view/sweep-view.tsx";
import { Hydrated, isMissing, prefetch, queryClient, serverTRPC } from "../../../../trpc/server.tsx";

interface Props {
  params: Promise<{ id: string }>;
  searchParams: Promise<{ tab?: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const query = serverTRPC.sweeps.get.queryOptions({ sweepId: (await params).id });
  await prefetch(query);
  return { title: queryClient().getQueryData(query.queryKey)?.name ?? "Sweep" };
}

export default async function SweepPage({ params, searchParams }: Props) {
  const { id } = await params;
  const { tab } = await searchParams;
  const query = serverTRPC.sweeps.get.queryOptions({ sweepId: id });
  await prefetch(query);
  if (isMissing(query.queryKey)) notFound();
  return (
    <Hydrated>
      <SweepView sweepId={id} initialTab={tab ?? null} />
    </Hydrated>
  );
}
