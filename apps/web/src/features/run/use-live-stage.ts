"use client";

import type { LogLine, Stage, StageEvent } from "@retort/api";
import { useQuery } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import { useEffect, useRef, useState } from "react";
import { useTRPC } from "../../trpc/client.tsx";
import { appendPoints, type CurvePoint } from "../charts/curve.ts";
import { useVisible } from "./use-visible.ts";

const maxPoints = 1_200;
const maxLines = 3_000;

export interface StageStream {
  /** Null until the first answer. */
  curves: ReadonlyMap<string, readonly CurvePoint[]> | null;
  lines: readonly LogLine[] | null;
  error: unknown;
  retry(): void;
}

type Received = Pick<StageStream, "curves" | "lines">;

const nothing: Received = { curves: null, lines: null };

/** Curves and log of a stage: what there is, then what comes, point by point. */
export function useLiveStage(stage: Pick<Stage, "id" | "finishedAt">): StageStream {
  const trpc = useTRPC();
  const visible = useVisible();
  const fresh = { staleTime: 0, gcTime: 0, refetchOnWindowFocus: false, refetchOnReconnect: false } as const;
  const series = useQuery(trpc.stages.series.queryOptions({ stageId: stage.id, maxPoints }, fresh));
  const logs = useQuery(trpc.stages.logs.queryOptions({ stageId: stage.id, limit: maxLines }, fresh));
  const [received, setReceived] = useState<Received>(nothing);

  useEffect(() => {
    const curves =
      series.data === undefined ? null : new Map(series.data.series.map(({ key, points }) => [key, points]));
    setReceived((before) => ({ ...before, curves }));
  }, [series.data]);
  useEffect(() => {
    setReceived((before) => ({ ...before, lines: logs.data?.lines ?? null }));
  }, [logs.data]);

  const ended = stage.finishedAt !== null;
  const { refetch: refetchSeries } = series;
  const { refetch: refetchLogs } = logs;
  const wasHidden = useRef(false);
  // A page that comes back into sight starts from the present instead of replaying what it missed.
  useEffect(() => {
    if (visible && wasHidden.current) {
      void refetchSeries();
      void refetchLogs();
    }
    wasHidden.current = !visible;
  }, [visible, refetchSeries, refetchLogs]);

  const ready = series.data !== undefined && logs.data !== undefined && !series.isFetching && !logs.isFetching;
  useSubscription(
    trpc.stages.live.subscriptionOptions(
      { stageId: stage.id, cursor: series.data?.cursor, afterSeq: logs.data?.lines.at(-1)?.seq },
      {
        enabled: visible && ready && !ended,
        onData: ({ data }) => setReceived((before) => applied(before, data)),
      },
    ),
  );
  return {
    ...received,
    error: series.error ?? logs.error,
    retry: () => {
      void refetchSeries();
      void refetchLogs();
    },
  };
}

function applied({ curves, lines }: Received, { rolledBackTo, points, logs }: StageEvent): Received {
  const next = new Map(curves);
  if (rolledBackTo !== null) {
    for (const [key, curve] of next)
      next.set(
        key,
        curve.filter(({ step }) => step <= rolledBackTo),
      );
  }
  for (const key of new Set(points.map((point) => point.key))) {
    const fresh = points.filter((point) => point.key === key);
    next.set(key, appendPoints(next.get(key) ?? [], fresh, maxPoints));
  }
  const newest = lines?.at(-1)?.seq ?? -1;
  const more = logs.filter(({ seq }) => seq > newest);
  return {
    curves: points.length > 0 || rolledBackTo !== null ? next : curves,
    lines: more.length > 0 ? [...(lines ?? []), ...more].slice(-maxLines) : lines,
  };
}
