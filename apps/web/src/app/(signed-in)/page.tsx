import { FlaskConical } from "lucide-react";
import Link from "next/link";
import { OverviewView } from "../../features/overview/overview-view.tsx";
import { PageHeader } from "../../features/shell/page-header.tsx";
import { Hydrated, prefetch, serverTRPC } from "../../trpc/server.tsx";
import { Button } from "../../ui/button.tsx";

export default async function OverviewPage() {
  await prefetch(serverTRPC.overview.get.queryOptions());
  return (
    <Hydrated>
      <PageHeader
        title="Overview"
        actions={
          <Button asChild look="primary">
            <Link href="/launch">
              <FlaskConical /> Launch
            </Link>
          </Button>
        }
      />
      <OverviewView />
    </Hydrated>
  );
}
