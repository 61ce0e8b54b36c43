import type { Metadata } from "next";
import { RecipeLaunch } from "../../../../features/launch/recipe-launch.tsx";
import { Hydrated, prefetch, serverTRPC } from "../../../../trpc/server.tsx";

interface Props {
  params: Promise<{ recipe: string }>;
  searchParams: Promise<{ from?: string; fork?: string; stage?: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: `Launch ${(await params).recipe}` };
}

export default async function RecipeLaunchPage({ params, searchParams }: Props) {
  const { recipe } = await params;
  const { from, fork, stage } = await searchParams;
  await prefetch(serverTRPC.recipes.get.queryOptions({ name: recipe }), serverTRPC.projects.list.queryOptions());
  return (
    <Hydrated>
      <RecipeLaunch
        name={recipe}
        fromRunId={fork ?? from ?? null}
        forkStage={fork === undefined ? null : (stage ?? null)}
      />
    </Hydrated>
  );
}
