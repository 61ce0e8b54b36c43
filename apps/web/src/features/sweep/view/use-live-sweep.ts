"use client";

import type { Trial } from "@retort/api";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import { useTRPC } from "../../../trpc/client.tsx";
import { useVisible } from "../../run/use-visible.ts";

/** A sweep, kept up to date for as long as it can change and somebody looks. */
export function useLiveSweep(sweepId: string) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const visible = useVisible();
  const sweep = useQuery(trpc.sweeps.get.queryOptions({ sweepId }));
  const ended = sweep.data === undefined || sweep.data.finishedAt !== null;
  useSubscription(
    trpc.sweeps.live.subscriptionOptions(
      { sweepId },
      {
        enabled: visible && !ended,
        onData: ({ data }) => {
          queries.setQueryData(trpc.sweeps.get.queryKey({ sweepId }), data);
          // Trials, stages and plots are no longer asked for by themselves: what they show must be the end.
          if (data.finishedAt !== null) void queries.invalidateQueries();
        },
      },
    ),
  );
  return sweep;
}

/** What a page of plots and a table can hold; a larger sweep is exported. */
export const mostTrials = 5_000;

/** Trials by number. While the sweep runs they are asked for again, the more of them the less often. */
export function useTrials(sweepId: string, live: boolean) {
  const trpc = useTRPC();
  return useQuery(
    trpc.sweeps.trials.queryOptions(
      { sweepId, limit: mostTrials },
      {
        refetchInterval: ({ state }) => (live ? 2_000 + 4 * (state.data?.trials.length ?? 0) : false),
        placeholderData: (previous) => previous,
      },
    ),
  );
}

export type Trials = readonly Trial[];
