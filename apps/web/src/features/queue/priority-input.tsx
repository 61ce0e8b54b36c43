"use client";

import type { QueuedStage } from "@retort/api";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTRPC } from "../../trpc/client.tsx";
import { cx } from "../../ui/class-names.ts";
import { problemOf } from "../../ui/problem.tsx";
import { inputLook } from "../launch/form/field-frame.tsx";

const most = 1000;

/** The priority of the run that waits for a stage, to be changed in place; the number alone where no run is live. */
export function PriorityInput({ stage }: { stage: QueuedStage }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const change = useMutation(trpc.runs.setPriority.mutationOptions({ onSettled: () => queries.invalidateQueries() }));
  const { run, priority, place } = stage;
  if (run === null || place === "quarantined") return <span className="numeric">{priority}</span>;
  function take(input: HTMLInputElement): void {
    const value = Number(input.value);
    const isRight = input.value.trim() !== "" && Number.isInteger(value) && Math.abs(value) <= most;
    if (!isRight) input.value = String(priority);
    else if (value !== priority) change.mutate({ runId: run!.id, priority: value });
  }
  return (
    <>
      <input
        // What is stored fills the field again once it has changed.
        key={priority}
        type="number"
        min={-most}
        max={most}
        defaultValue={priority}
        disabled={change.isPending}
        aria-label={`Priority of ${run.name}`}
        title="Of the run with all of its stages; higher is sooner"
        onBlur={({ currentTarget }) => take(currentTarget)}
        onKeyDown={({ key, currentTarget }) => {
          if (key === "Enter") currentTarget.blur();
        }}
        className={cx(inputLook, "h-7 max-w-18 px-1.5 text-right text-sm numeric")}
      />
      {change.error !== null && (
        <span role="alert" className="block text-xs text-danger">
          {problemOf(change.error).message}
        </span>
      )}
    </>
  );
}
