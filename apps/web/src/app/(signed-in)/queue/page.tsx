import type { QueuePlace } from "@retort/api";
import type { Metadata } from "next";
import { places } from "../../../features/queue/place.tsx";
import { queueInput } from "../../../features/queue/queue-input.ts";
import { QueueView } from "../../../features/queue/queue-view.tsx";
import { PageHeader } from "../../../features/shell/page-header.tsx";
import { Hydrated, prefetch, serverTRPC } from "../../../trpc/server.tsx";

export const metadata: Metadata = { title: "Queue" };

export default async function QueuePage({ searchParams }: { searchParams: Promise<{ place?: string }> }) {
  const wanted = (await searchParams).place ?? "";
  const place = Object.hasOwn(places, wanted) ? (wanted as QueuePlace) : undefined;
  await prefetch(serverTRPC.queue.get.queryOptions(queueInput(place)));
  return (
    <Hydrated>
      <PageHeader title="Queue">
        What runs and what waits, in the order in which it is taken: the most urgent first, among equally urgent stages
        the project that has the least at work for its share.
      </PageHeader>
      <QueueView place={place} />
    </Hydrated>
  );
}
