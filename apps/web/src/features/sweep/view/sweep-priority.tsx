"use client";

import type { Sweep } from "@retort/api";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTRPC } from "../../../trpc/client.tsx";
import { PriorityInput } from "../../priority/priority-input.tsx";

/** A sweep's priority: to be changed in place while trials are to come, then the number alone. */
export function SweepPriority({ sweep: { id, name, priority, status } }: { sweep: Sweep }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const change = useMutation(trpc.sweeps.setPriority.mutationOptions({ onSettled: () => queries.invalidateQueries() }));
  if (status !== "running" && status !== "paused") return priority;
  return (
    <PriorityInput
      of={name}
      title="Of the sweep with all of its trials; higher is sooner"
      priority={priority}
      change={{ ...change, mutate: (value) => change.mutate({ sweepId: id, priority: value }) }}
    />
  );
}
