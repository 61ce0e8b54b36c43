import type { Metadata } from "next";
import { PageHeader } from "../../../../features/shell/page-header.tsx";
import { SweepRecipes } from "../../../../features/sweeps/sweep-recipes.tsx";
import { Hydrated, prefetch, serverTRPC } from "../../../../trpc/server.tsx";

export const metadata: Metadata = { title: "New sweep" };

export default async function NewSweepPage() {
  await prefetch(serverTRPC.recipes.list.queryOptions());
  return (
    <Hydrated>
      <PageHeader title="New sweep">
        Pick a recipe and let its parameters vary, or begin with a sweep that comes with it.
      </PageHeader>
      <SweepRecipes />
    </Hydrated>
  );
}
