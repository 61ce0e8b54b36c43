import type { Metadata } from "next";
import { RecipeLaunch } from "../../../../features/launch/recipe-launch.tsx";
import { Hydrated, prefetch, serverTRPC } from "../../../../trpc/server.tsx";

interface Props {
  params: Promise<{ recipe: string }>;
  searchParams: Promise<{ from?: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: `Launch ${(await params).recipe}` };
}

export default async function RecipeLaunchPage({ params, searchParams }: Props) {
  const { recipe } = await params;
  const { from } = await searchParams;
  await prefetch(serverTRPC.recipes.get.queryOptions({ name: recipe }), serverTRPC.projects.list.queryOptions());
  return (
    <Hydrated>
      <RecipeLaunch name={recipe} fromRunId={from ?? null} />
    </Hydrated>
  );
}
