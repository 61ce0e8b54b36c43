import type { Metadata } from "next";
import { RecipeLaunches } from "../../../features/launch/recipe-launches.tsx";
import { PageHeader } from "../../../features/shell/page-header.tsx";
import { Hydrated, prefetch, serverTRPC } from "../../../trpc/server.tsx";

export const metadata: Metadata = { title: "Launch" };

export default async function LaunchPage() {
  await prefetch(serverTRPC.recipes.list.queryOptions());
  return (
    <Hydrated>
      <PageHeader title="Launch">
        Pick a recipe. Stages that were done before, by any run, are reused and not repeated.
      </PageHeader>
      <RecipeLaunches />
    </Hydrated>
  );
}
