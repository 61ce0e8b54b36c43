"use client";

import type { QueuedStage } from "@retort/api";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTRPC } from "../../trpc/client.tsx";
import { PriorityInput } from "../priority/priority-input.tsx";

/** The priority of the run that waits for a stage, to be changed in place; the number alone where no run is live. */
export function RunPriority({ stage: { run, priority, place } }: { stage: QueuedStage }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const change = useMutation(trpc.runs.setPriority.mutationOptions({ onSettled: () => queries.invalidateQueries() }));
  if (run === null || place === "quarantined") return <span className="numeric">{priority}</span>;
  return (
    <PriorityInput
      of={run.name}
      title="Of the run with all of its stages; higher is sooner"
      priority={priority}
      change={{ ...change, mutate: (value) => change.mutate({ runId: run.id, priority: value }) }}
    />
  );
}
