import type { Metadata } from "next";
import { LeaderboardView } from "../../../features/leaderboard/leaderboard-view.tsx";
import { PageHeader } from "../../../features/shell/page-header.tsx";
import { Hydrated, prefetch, serverTRPC } from "../../../trpc/server.tsx";

export const metadata: Metadata = { title: "Leaderboard" };

export default async function LeaderboardPage({ searchParams }: { searchParams: Promise<{ recipe?: string }> }) {
  const { recipe } = await searchParams;
  await prefetch(serverTRPC.recipes.list.queryOptions(), serverTRPC.leaderboard.recipes.queryOptions({}));
  return (
    <Hydrated>
      <PageHeader title="Leaderboard">
        One row a configuration, its seeds grouped. Controls stand under the configuration they test and are not ranked.
      </PageHeader>
      <LeaderboardView recipe={recipe ?? null} />
    </Hydrated>
  );
}
