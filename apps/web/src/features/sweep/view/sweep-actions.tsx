"use client";

import type { Sweep } from "@retort/api";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Copy, Download, Pause, Play, Plus, Square } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { useTRPC, useTRPCClient } from "../../../trpc/client.tsx";
import { Button } from "../../../ui/button.tsx";
import { Confirm } from "../../../ui/confirm.tsx";
import { Menu, MenuItem } from "../../../ui/menu.tsx";
import { Problem } from "../../../ui/problem.tsx";
import { ExtendDialog } from "./extend-dialog.tsx";

/** What can be done with a sweep: pause, extend, cancel, export, launch with changes. */
export function SweepActions({ sweep }: { sweep: Sweep }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const refresh = { onSettled: () => queries.invalidateQueries() };
  const pause = useMutation(trpc.sweeps.pause.mutationOptions(refresh));
  const resume = useMutation(trpc.sweeps.resume.mutationOptions(refresh));
  const cancel = useMutation(trpc.sweeps.cancel.mutationOptions(refresh));
  const { pending, running, paused } = sweep.counts;
  // A search that could not go on leaves the trials it has asked for running.
  const leavesTrials = sweep.status === "failed" && pending + running + paused > 0;
  const canCancel = sweep.status === "running" || sweep.status === "paused" || leavesTrials;
  const error = pause.error ?? resume.error ?? cancel.error;
  return (
    <>
      <Button asChild>
        <Link href={`/sweeps/new/${sweep.recipe}?from=${sweep.id}`}>
          <Copy /> Launch a variation
        </Link>
      </Button>
      <ExportMenu sweep={sweep} />
      {sweep.status !== "cancelled" && sweep.status !== "failed" && (
        <ExtendDialog
          sweep={sweep}
          trigger={
            <Button>
              <Plus /> Extend
            </Button>
          }
        />
      )}
      {sweep.status === "running" && (
        <PauseMenu disabled={pause.isPending} onPause={(running) => pause.mutate({ sweepId: sweep.id, running })} />
      )}
      {sweep.status === "paused" && (
        <Button look="primary" disabled={resume.isPending} onClick={() => resume.mutate({ sweepId: sweep.id })}>
          <Play /> Resume
        </Button>
      )}
      {canCancel && (
        <Confirm
          trigger={
            <Button look="danger" disabled={cancel.isPending}>
              <Square /> Cancel sweep
            </Button>
          }
          title="Cancel this sweep?"
          stay="Let it run"
          go="Cancel sweep"
          onGo={() => cancel.mutate({ sweepId: sweep.id })}
        >
          Its trials stop and no more are asked for; stages that other runs share go on. What has finished stays. A
          sweep that was cancelled does not run again: pausing it keeps that open.
        </Confirm>
      )}
      {error !== null && (
        <div className="w-full">
          <Problem error={error} />
        </div>
      )}
    </>
  );
}

function PauseMenu({ disabled, onPause }: { disabled: boolean; onPause(running: "finish" | "stop"): void }) {
  return (
    <Menu
      trigger={
        <Button disabled={disabled}>
          <Pause /> Pause
        </Button>
      }
    >
      <MenuItem onSelect={() => onPause("finish")} note="Nothing new is started">
        Let running trials finish
      </MenuItem>
      <MenuItem onSelect={() => onPause("stop")} note="They go on from their checkpoints after Resume">
        Stop running trials, too
      </MenuItem>
    </Menu>
  );
}

function ExportMenu({ sweep }: { sweep: Sweep }) {
  const client = useTRPCClient();
  const [error, setError] = useState<unknown>(null);
  const save = async (format: "csv" | "json") => {
    setError(null);
    try {
      const { csv, ...rest } = await client.sweeps.export.query({ sweepId: sweep.id });
      const [text, type] = format === "csv" ? [csv, "text/csv"] : [JSON.stringify(rest, null, 2), "application/json"];
      download(new Blob([text], { type }), `${sweep.name.replace(/[^\w.-]+/g, "-")}.${format}`);
    } catch (reason) {
      setError(reason);
    }
  };
  return (
    <>
      <Menu
        trigger={
          <Button>
            <Download /> Export
          </Button>
        }
      >
        <MenuItem onSelect={() => void save("csv")} note="A row a trial: point, seed, value, metrics, times">
          CSV
        </MenuItem>
        <MenuItem onSelect={() => void save("json")} note="The same with the whole sweep and every content key">
          JSON
        </MenuItem>
      </Menu>
      {error !== null && (
        <div className="w-full">
          <Problem error={error} />
        </div>
      )}
    </>
  );
}

function download(blob: Blob, fileName: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = fileName;
  link.click();
  URL.revokeObjectURL(link.href);
}
