"use client";

import type { Run } from "@retort/api";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Copy, RotateCw, Square } from "lucide-react";
import Link from "next/link";
import { AlertDialog } from "radix-ui";
import { useTRPC } from "../../trpc/client.tsx";
import { Button } from "../../ui/button.tsx";
import { Problem } from "../../ui/problem.tsx";

/** What can be done with a run: stop it, try it again, launch it with changes. */
export function RunActions({ run }: { run: Run }) {
  return (
    <>
      <Button asChild>
        <Link href={`/launch/${run.recipe}?from=${run.id}`}>
          <Copy /> Launch a variation
        </Link>
      </Button>
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

function CancelButton({ run }: { run: Run }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const cancel = useMutation(trpc.runs.cancel.mutationOptions({ onSettled: () => queries.invalidateQueries() }));
  const cancelling = cancel.isPending || run.stages.some(({ cancelRequested }) => cancelRequested);
  return (
    <AlertDialog.Root>
      <AlertDialog.Trigger asChild>
        <Button look="danger" disabled={cancelling}>
          <Square /> {cancelling ? "Cancelling" : "Cancel run"}
        </Button>
      </AlertDialog.Trigger>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="fixed inset-0 z-40 bg-black/40" />
        <AlertDialog.Content className="fixed top-1/2 left-1/2 z-50 w-[min(28rem,calc(100vw-2rem))] -translate-x-1/2 -translate-y-1/2 rounded-lg border border-line-strong bg-surface p-5 shadow-float">
          <AlertDialog.Title className="text-lg font-semibold tracking-tight">Cancel this run?</AlertDialog.Title>
          <AlertDialog.Description className="mt-2 text-sm text-ink-2">
            Its stages stop, except those that other live runs share. Finished stages and the last checkpoint stay:
            running it again goes on from there.
          </AlertDialog.Description>
          <div className="mt-5 flex justify-end gap-2">
            <AlertDialog.Cancel asChild>
              <Button>Let it run</Button>
            </AlertDialog.Cancel>
            <AlertDialog.Action asChild>
              <Button look="danger" onClick={() => cancel.mutate({ runId: run.id })}>
                Cancel run
              </Button>
            </AlertDialog.Action>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
