"use client";

import type { Run, Stage } from "@retort/api";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { GitFork, Repeat2 } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useTRPC } from "../../trpc/client.tsx";
import { Button } from "../../ui/button.tsx";
import { Menu, MenuItem, MenuLink, MenuNote } from "../../ui/menu.tsx";
import { Problem } from "../../ui/problem.tsx";
import { compareHref } from "../compare/limits.ts";

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
      <Menu
        className="w-80"
        trigger={
          <Button disabled={rerun.isPending}>
            <Repeat2 /> {rerun.isPending ? "Launching" : "Do it again"}
          </Button>
        }
      >
        <MenuItem
          onSelect={() => rerun.mutate({ runId: run.id })}
          note="Every stage anew, as a run of its own; then the bits are compared"
        >
          Reproduce it
        </MenuItem>
        {stage !== undefined && stage.earlier === null && (
          <>
            <MenuItem
              onSelect={() => rerun.mutate({ runId: run.id, from: stage.name })}
              note="It and all that depends on it; what stands before is taken over"
            >
              Again from {stage.name}
            </MenuItem>
            <MenuLink>
              <Link href={`/launch/${run.recipe}?fork=${run.id}&stage=${stage.name}`}>
                <span className="inline-flex items-center gap-1.5">
                  <GitFork aria-hidden className="size-3.5" /> Fork from a checkpoint of {stage.name}
                </span>
                <MenuNote>Goes on from there with parameters that you change</MenuNote>
              </Link>
            </MenuLink>
          </>
        )}
      </Menu>
      {rerun.error !== null && (
        <div className="w-full">
          <Problem error={rerun.error} />
        </div>
      )}
    </>
  );
}
