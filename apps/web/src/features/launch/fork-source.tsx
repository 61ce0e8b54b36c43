"use client";

import { useQuery } from "@tanstack/react-query";
import { GitFork } from "lucide-react";
import { formatCount } from "../../format/number.ts";
import { useTRPC } from "../../trpc/client.tsx";
import { cx } from "../../ui/class-names.ts";
import { Problem } from "../../ui/problem.tsx";
import { inputLook } from "./form/field-frame.tsx";

/** What a fork begins from: the stage, and which of its checkpoints. `step` null: the newest. */
export function ForkSource({
  runId,
  stage,
  step,
  onStep,
}: {
  runId: string;
  stage: string;
  step: number | null;
  onStep(step: number | null): void;
}) {
  const trpc = useTRPC();
  const { data: kept, error } = useQuery(trpc.runs.checkpoints.queryOptions({ runId, stage }));
  return (
    <div className="flex gap-2.5 rounded-lg border border-line-strong bg-copper-soft/60 px-4 py-3 text-sm">
      <GitFork aria-hidden className="mt-0.5 size-4 shrink-0 text-copper" />
      <div className="flex min-w-0 flex-col gap-2">
        <p>
          <span className="font-medium">{stage}</span> goes on from its checkpoint with the parameters below; what
          stands before it is taken over, what depends on it is done anew. The seed stays.
        </p>
        {error !== null && <Problem error={error} />}
        {kept?.length === 0 && (
          <p className="text-danger">It has left no checkpoint yet: there is nothing to go on from.</p>
        )}
        {kept !== undefined && kept.length > 1 && (
          <label className="flex flex-wrap items-center gap-2">
            Checkpoint of step
            <select
              value={step ?? kept[0]!.step}
              onChange={(event) => onStep(Number(event.target.value))}
              className={cx(inputLook, "select h-8 w-auto")}
            >
              {kept.map((checkpoint) => (
                <option key={checkpoint.step} value={checkpoint.step}>
                  {formatCount(checkpoint.step)}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
    </div>
  );
}
