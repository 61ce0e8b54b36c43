"use client";

import type { Sweep } from "@retort/api";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { useTRPC } from "../../../trpc/client.tsx";
import { Button } from "../../../ui/button.tsx";
import { cx } from "../../../ui/class-names.ts";
import { Modal } from "../../../ui/modal.tsx";
import { Problem } from "../../../ui/problem.tsx";
import { inputLook } from "../../launch/form/field-frame.tsx";
import { readSeeds } from "../../launch/form/seeds.ts";

/** Asks for more of the same search: further points, or further seeds for every point. */
export function ExtendDialog({ sweep, trigger }: { sweep: Sweep; trigger: ReactNode }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const [points, setPoints] = useState("");
  const [seedsText, setSeedsText] = useState("");
  const extend = useMutation(
    trpc.sweeps.extend.mutationOptions({
      onSuccess: () => {
        setOpen(false);
        setPoints("");
        setSeedsText("");
      },
      onSettled: () => queries.invalidateQueries(),
    }),
  );
  const numPoints = points.trim() === "" ? 0 : Number(points);
  const pointsProblem = Number.isInteger(numPoints) && numPoints >= 0 ? null : "A whole number, or empty.";
  const seeds = seedsText.trim() === "" ? { seeds: [], problem: null } : readSeeds(seedsText);
  const known = seeds.seeds?.filter((seed) => sweep.seeds.includes(seed)) ?? [];
  const seedsProblem = seeds.problem ?? (known.length > 0 ? `The sweep has seed ${known.join(", ")} already.` : null);
  const isEmpty = numPoints === 0 && (seeds.seeds?.length ?? 0) === 0;
  function onSubmit(event: FormEvent) {
    event.preventDefault();
    if (pointsProblem !== null || seedsProblem !== null || isEmpty) return;
    extend.mutate({ sweepId: sweep.id, points: numPoints, seeds: seeds.seeds ?? [] });
  }
  return (
    <Modal
      open={open}
      onOpenChange={setOpen}
      trigger={trigger}
      title="Extend this sweep"
      description="More of the same search. What has finished stays as it is; a finished sweep runs again."
    >
      <form onSubmit={onSubmit} noValidate className="flex flex-col gap-4">
        <div>
          <label htmlFor="extend-points" className="mb-1 block text-sm font-medium">
            Further points
          </label>
          <input
            id="extend-points"
            inputMode="numeric"
            autoComplete="off"
            value={points}
            placeholder="0"
            aria-invalid={pointsProblem !== null}
            onChange={(event) => setPoints(event.target.value)}
            className={cx(inputLook, "h-9 numeric")}
          />
          <p className={cx("mt-1", pointsProblem === null ? "text-xs text-ink-3" : "text-sm text-danger")}>
            {pointsProblem ?? "Chosen by the sweep's sampler. A grid that is complete has no further ones."}
          </p>
        </div>
        <div>
          <label htmlFor="extend-seeds" className="mb-1 block text-sm font-medium">
            Further seeds
          </label>
          <input
            id="extend-seeds"
            autoComplete="off"
            value={seedsText}
            placeholder={`after ${sweep.seeds.join(", ")}`}
            aria-invalid={seedsProblem !== null}
            onChange={(event) => setSeedsText(event.target.value)}
            className={cx(inputLook, "h-9 numeric")}
          />
          <p className={cx("mt-1", seedsProblem === null ? "text-xs text-ink-3" : "text-sm text-danger")}>
            {seedsProblem ?? "Every point gets a run with each. For example 3-5 or 7, 8."}
          </p>
        </div>
        {extend.error !== null && <Problem error={extend.error} />}
        <Button look="primary" type="submit" className="self-end" disabled={isEmpty || extend.isPending}>
          Extend
        </Button>
      </form>
    </Modal>
  );
}
