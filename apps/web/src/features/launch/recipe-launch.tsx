"use client";

import { useQuery } from "@tanstack/react-query";
import { Grid3x3 } from "lucide-react";
import Link from "next/link";
import { useTRPC } from "../../trpc/client.tsx";
import { Button } from "../../ui/button.tsx";
import { Problem } from "../../ui/problem.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { PageHeader } from "../shell/page-header.tsx";
import { LaunchForm } from "./launch-form.tsx";

/** The launch page of one recipe; parameters may come from a run that is to be repeated, or to go on from a checkpoint. */
export function RecipeLaunch({
  name,
  fromRunId,
  forkStage,
}: {
  name: string;
  fromRunId: string | null;
  /** Name of the run's stage whose checkpoint is taken. */
  forkStage: string | null;
}) {
  const trpc = useTRPC();
  const recipe = useQuery(trpc.recipes.get.queryOptions({ name }, { staleTime: 60_000 }));
  const source = useQuery(
    trpc.runs.get.queryOptions({ runId: fromRunId ?? "" }, { enabled: fromRunId !== null, staleTime: 60_000 }),
  );
  const error = recipe.error ?? (fromRunId === null ? null : source.error);
  if (error !== null) {
    return (
      <>
        <PageHeader title={name} />
        <Problem error={error} onRetry={() => void recipe.refetch()}>
          <p className="mt-2 text-sm">
            <a href="/launch" className="underline underline-offset-2">
              All recipes
            </a>
          </p>
        </Problem>
      </>
    );
  }
  const ready = recipe.data !== undefined && (fromRunId === null || source.data !== undefined);
  return (
    <>
      <PageHeader
        title={recipe.data?.title ?? name}
        actions={
          forkStage === null && (
            <Button asChild>
              <Link href={`/sweeps/new/${name}`}>
                <Grid3x3 /> Sweep it instead
              </Link>
            </Button>
          )
        }
      >
        {recipe.data?.summary ?? ""}
      </PageHeader>
      {ready ? (
        <LaunchForm
          recipe={recipe.data}
          initialParams={source.data?.params}
          {...(fromRunId !== null && forkStage !== null ? { fork: { runId: fromRunId, stage: forkStage } } : {})}
          initialSeeds={source.data === undefined ? "0" : String(source.data.seed + 1)}
        />
      ) : (
        <div className="grid grid-cols-1 gap-8 lg:grid-cols-[minmax(0,1fr)_24rem]">
          <Skeleton className="h-[36rem]" />
          <Skeleton className="h-80" />
        </div>
      )}
    </>
  );
}
