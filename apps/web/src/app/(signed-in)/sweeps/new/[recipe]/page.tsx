import type { Metadata } from "next";
import { SweepLaunch } from "../../../../../features/sweep/form/sweep-launch.tsx";
import { Hydrated, prefetch, serverTRPC } from "../../../../../trpc/server.tsx";

interface Props {
  params: Promise<{ recipe: string }>;
  searchParams: Promise<{ from?: string; preset?: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: `Sweep ${(await params).recipe}` };
}

export default async function SweepLaunchPage({ params, searchParams }: Props) {
  const { recipe } = await params;
  const { from, preset } = await searchParams;
  await prefetch(
    serverTRPC.recipes.get.queryOptions({ name: recipe }),
    serverTRPC.sweeps.settings.queryOptions(),
    serverTRPC.projects.list.queryOptions(),
  );
  return (
    <Hydrated>
      {/* Another source is another form: what was typed into the first one does not belong to it. */}
      <SweepLaunch key={`${from}/${preset}`} name={recipe} fromSweepId={from ?? null} preset={preset ?? null} />
    </Hydrated>
  );
}
