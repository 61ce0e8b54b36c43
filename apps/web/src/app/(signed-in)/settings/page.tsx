import type { Metadata } from "next";
import { ApiKeys } from "../../../features/settings/api-keys.tsx";
import { Projects } from "../../../features/settings/projects.tsx";
import { PageHeader } from "../../../features/shell/page-header.tsx";
import { Hydrated, prefetch, serverTRPC } from "../../../trpc/server.tsx";

export const metadata: Metadata = { title: "Settings" };

export default async function SettingsPage() {
  await prefetch(serverTRPC.apiKeys.list.queryOptions(), serverTRPC.projects.list.queryOptions());
  return (
    <Hydrated>
      <PageHeader title="Settings" />
      <div className="flex flex-col gap-12">
        <Projects />
        <ApiKeys />
      </div>
    </Hydrated>
  );
}
