"use client";

import type { Queue, QueuePlace } from "@retort/api";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { FlaskConical } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { formatCount } from "../../format/number.ts";
import { useTRPC } from "../../trpc/client.tsx";
import { Button } from "../../ui/button.tsx";
import { Command } from "../../ui/copy.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Problem } from "../../ui/problem.tsx";
import { Segments } from "../../ui/segments.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { PlaceIcon, places } from "./place.tsx";
import { queueInput, shownStages } from "./queue-input.ts";
import { QueueTable } from "./queue-table.tsx";

/** The line of stages, live, with the place that is looked at in the address. */
export function QueueView({ place }: { place: QueuePlace | undefined }) {
  const trpc = useTRPC();
  const router = useRouter();
  const queue = useQuery(
    trpc.queue.get.queryOptions(queueInput(place), { refetchInterval: 3_000, placeholderData: keepPreviousData }),
  );
  if (queue.error !== null && queue.data === undefined)
    return <Problem error={queue.error} onRetry={() => void queue.refetch()} />;
  if (queue.data === undefined) return <Skeleton className="h-72" />;
  const { counts, stages } = queue.data;
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const shown = place === undefined ? total : counts[place];
  return (
    <div className="flex flex-col gap-4">
      {total > 0 && (
        <div className="flex">
          <Segments
            label="Place in the line"
            value={place ?? "all"}
            onChange={(value) =>
              router.replace(value === "all" ? "/queue" : `/queue?place=${value}`, { scroll: false })
            }
            options={[{ value: "all", label: <Count label="All" count={total} /> }, ...placeOptions(counts)]}
          />
        </div>
      )}
      {total > 0 && counts.running === 0 && counts.ready > 0 && <NobodyTakesThem />}
      {total === 0 ? (
        <NothingWaits />
      ) : shown === 0 ? (
        <Empty
          title={`Nothing is ${places[place!].label.toLowerCase()}`}
          action={
            <Button asChild>
              <Link href="/queue">Show the whole line</Link>
            </Button>
          }
        />
      ) : (
        <QueueTable stages={stages} />
      )}
      {shown > stages.length && stages.length === shownStages && (
        <p className="text-sm text-ink-2">
          The first {formatCount(stages.length)} of {formatCount(shown)} stages are shown.
        </p>
      )}
    </div>
  );
}

/** Quarantine is rare: it is offered when something is there. */
function placeOptions(counts: Queue["counts"]) {
  return (Object.keys(places) as QueuePlace[])
    .filter((place) => place !== "quarantined" || counts[place] > 0)
    .map((place) => ({
      value: place,
      label: (
        <>
          <PlaceIcon place={place} className="size-3.5" />
          <Count label={places[place].label} count={counts[place]} />
        </>
      ),
    }));
}

function Count({ label, count }: { label: string; count: number }) {
  return (
    <span>
      {label} <span className="text-ink-3 numeric">{formatCount(count)}</span>
    </span>
  );
}

/** Something could start and nothing runs: either it begins in this second, or there is nobody to take it. */
function NobodyTakesThem() {
  const trpc = useTRPC();
  const workers = useQuery(trpc.workers.list.queryOptions(undefined, { refetchInterval: 3_000 }));
  if (workers.data === undefined || workers.data.some(({ status }) => status !== "gone")) return null;
  return (
    <Empty title="No worker is connected" action={<Command text="npm start" />}>
      What is next waits until a worker is there; one starts with the server.
    </Empty>
  );
}

function NothingWaits() {
  return (
    <Empty
      title="Nothing runs and nothing waits"
      action={
        <Button asChild look="primary">
          <Link href="/launch">
            <FlaskConical /> Launch a run
          </Link>
        </Button>
      }
    >
      The stages of every run that is launched line up here until a worker has finished them.
    </Empty>
  );
}
