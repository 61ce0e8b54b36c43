"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import { useTRPC } from "../../trpc/client.tsx";
import { useVisible } from "./use-visible.ts";

/** A run, kept up to date for as long as it can change and somebody looks. */
export function useLiveRun(runId: string) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const visible = useVisible();
  const run = useQuery(trpc.runs.get.queryOptions({ runId }));
  const ended = run.data === undefined || run.data.finishedAt !== null;
  useSubscription(
    trpc.runs.live.subscriptionOptions(
      { runId },
      {
        enabled: visible && !ended,
        onData: ({ data }) => queries.setQueryData(trpc.runs.get.queryKey({ runId }), data),
      },
    ),
  );
  return run;
}
