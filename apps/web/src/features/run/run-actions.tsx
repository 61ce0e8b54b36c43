"use client";

import type { Run, Stage } from "@retort/api";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Copy, Pause, Play, RotateCw, Square } from "lucide-react";
import Link from "next/link";
import { useTRPC } from "../../trpc/client.tsx";
import { Button } from "../../ui/button.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import { Problem } from "../../ui/problem.tsx";
import { AgainMenu } from "./again-menu.tsx";

/** What can be done with a run: stop it, try it again, launch it with changes. */
export function RunActions({ run, stage }: { run: Run; stage: Stage | undefined }) {
  return (
    <>
      <Button asChild>
        <Link href={`/launch/${run.recipe}?from=${run.id}`}>
          <Copy /> Launch a variation
        </Link>
      </Button>
      {run.finishedAt !== null && <AgainMenu run={run} stage={stage} />}
      {run.finishedAt === null && run.status !== "cancelled" && <PauseButton run={run} />}
      {run.finishedAt === null && run.status !== "cancelled" && <CancelButton run={run} />}
      {run.status === "cancelled" && <RetryButton runId={run.id} label="Run again" />}
    </>
  );
}

/** Gives failed and cancelled stages a new budget of attempts. */
export function RetryButton({ runId, label }: { runId: string; label: string }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const retry = useMutation(trpc.runs.retry.mutationOptions({ onSettled: () => queries.invalidateQueries() }));
  return (
    <div>
      <Button look="primary" disabled={retry.isPending} onClick={() => retry.mutate({ runId })}>
        <RotateCw /> {label}
      </Button>
      {retry.error !== null && <Problem error={retry.error} />}
    </div>
  );
}

/** Lets a stage that took down its workers be tried once more. */
export function ReleaseButton({ stageId }: { stageId: string }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const release = useMutation(trpc.stages.release.mutationOptions({ onSettled: () => queries.invalidateQueries() }));
  return (
    <div>
      <Button size="sm" disabled={release.isPending} onClick={() => release.mutate({ stageId })}>
        <RotateCw /> Release it
      </Button>
      {release.error !== null && <Problem error={release.error} />}
    </div>
  );
}

function PauseButton({ run }: { run: Run }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const refresh = { onSettled: () => queries.invalidateQueries() };
  const pause = useMutation(trpc.runs.pause.mutationOptions(refresh));
  const resume = useMutation(trpc.runs.resume.mutationOptions(refresh));
  const isPaused = run.pausedAt !== null;
  const change = isPaused ? resume : pause;
  return (
    <>
      <Button
        disabled={change.isPending}
        onClick={() => change.mutate({ runId: run.id })}
        title={
          isPaused
            ? "Its stages are taken again and go on from their checkpoints"
            : "Its stages stop at their last checkpoint and wait; stages that other runs share go on"
        }
      >
        {isPaused ? <Play /> : <Pause />} {isPaused ? "Resume" : "Pause"}
      </Button>
      {change.error !== null && <Problem error={change.error} />}
    </>
  );
}

function CancelButton({ run }: { run: Run }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const cancel = useMutation(trpc.runs.cancel.mutationOptions({ onSettled: () => queries.invalidateQueries() }));
  const cancelling = cancel.isPending || run.stages.some(({ cancelRequested }) => cancelRequested);
  return (
    <Confirm
      trigger={
        <Button look="danger" disabled={cancelling}>
          <Square /> {cancelling ? "Cancelling" : "Cancel run"}
        </Button>
      }
      title="Cancel this run?"
      stay="Let it run"
      go="Cancel run"
      onGo={() => cancel.mutate({ runId: run.id })}
    >
      Its stages stop, except those that other live runs share. Finished stages and the last checkpoint stay: running it
      again goes on from there.
    </Confirm>
  );
}
