"use client";

import type { Run, Stage } from "@retort/api";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { GitFork, Repeat2 } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { DropdownMenu } from "radix-ui";
import { useTRPC } from "../../trpc/client.tsx";
import { Button } from "../../ui/button.tsx";
import { Problem } from "../../ui/problem.tsx";
import { compareHref } from "../compare/limits.ts";

const itemLook =
  "flex cursor-pointer flex-col rounded-md px-2.5 py-1.5 text-sm outline-none data-[highlighted]:bg-sunken data-[disabled]:cursor-not-allowed data-[disabled]:opacity-50";

/** Ways to do a run again: all of it to compare the bits, from one stage on, or on from a checkpoint with other parameters. */
export function AgainMenu({ run, stage }: { run: Run; stage: Stage | undefined }) {
  const trpc = useTRPC();
  const router = useRouter();
  const queries = useQueryClient();
  const rerun = useMutation(
    trpc.runs.rerun.mutationOptions({
      onSuccess: ({ runId }, { from }) => {
        void queries.invalidateQueries();
        // A whole repetition is asked for to see whether it comes out the same.
        router.push(from === undefined ? compareHref([run.id, runId]) : `/runs/${runId}`);
      },
    }),
  );
  return (
    <>
      <DropdownMenu.Root>
        <DropdownMenu.Trigger asChild>
          <Button disabled={rerun.isPending}>
            <Repeat2 /> {rerun.isPending ? "Launching" : "Do it again"}
          </Button>
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content
            align="end"
            sideOffset={6}
            className="z-50 w-80 rounded-lg border border-line-strong bg-surface p-1 shadow-float"
          >
            <DropdownMenu.Item className={itemLook} onSelect={() => rerun.mutate({ runId: run.id })}>
              Reproduce it
              <span className="text-xs text-ink-3">
                Every stage anew, as a run of its own; then the bits are compared
              </span>
            </DropdownMenu.Item>
            {stage !== undefined && (
              <>
                <DropdownMenu.Item
                  className={itemLook}
                  onSelect={() => rerun.mutate({ runId: run.id, from: stage.name })}
                >
                  Again from {stage.name}
                  <span className="text-xs text-ink-3">
                    It and all that depends on it; what stands before is taken over
                  </span>
                </DropdownMenu.Item>
                <DropdownMenu.Item className={itemLook} asChild>
                  <Link href={`/launch/${run.recipe}?fork=${run.id}&stage=${stage.name}`}>
                    <span className="inline-flex items-center gap-1.5">
                      <GitFork aria-hidden className="size-3.5" /> Fork from the checkpoint of {stage.name}
                    </span>
                    <span className="text-xs text-ink-3">Goes on from there with parameters that you change</span>
                  </Link>
                </DropdownMenu.Item>
              </>
            )}
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      {rerun.error !== null && (
        <div className="w-full">
          <Problem error={rerun.error} />
        </div>
      )}
    </>
  );
}
