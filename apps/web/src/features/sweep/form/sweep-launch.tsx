"use client";

import type { Recipe } from "@retort/api";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTRPC } from "../../../trpc/client.tsx";
import { Problem } from "../../../ui/problem.tsx";
import { Skeleton } from "../../../ui/skeleton.tsx";
import { fieldFromSchema } from "../../launch/form/json-schema.ts";
import { PageHeader } from "../../shell/page-header.tsx";
import { type DraftContext, draftOf, emptyDraft } from "../draft/draft.ts";
import { requestOfSweep } from "../view/sweep-settings.tsx";
import { SweepForm } from "./sweep-form.tsx";

/** The sweep page of one recipe; it may start from another sweep or from one that comes with the recipe. */
export function SweepLaunch({
  name,
  fromSweepId,
  preset,
}: {
  name: string;
  fromSweepId: string | null;
  preset: string | null;
}) {
  const trpc = useTRPC();
  const recipe = useQuery(trpc.recipes.get.queryOptions({ name }, { staleTime: 60_000 }));
  const settings = useQuery(trpc.sweeps.settings.queryOptions(undefined, { staleTime: Number.POSITIVE_INFINITY }));
  const source = useQuery(
    trpc.sweeps.get.queryOptions({ sweepId: fromSweepId ?? "" }, { enabled: fromSweepId !== null, staleTime: 60_000 }),
  );
  const error = recipe.error ?? settings.error ?? (fromSweepId === null ? null : source.error);
  const context = useMemo(
    () => (recipe.data === undefined || settings.data === undefined ? null : contextOf(recipe.data, settings.data)),
    [recipe.data, settings.data],
  );
  const initial = useMemo(() => {
    if (context === null) return null;
    if (source.data !== undefined) return draftOf(requestOfSweep(source.data), context);
    const given = recipe.data?.sweeps.find((each) => each.name === preset);
    return given === undefined ? emptyDraft(context) : draftOf(given.request, context);
  }, [context, source.data, recipe.data, preset]);
  if (error !== null) {
    return (
      <>
        <PageHeader title={`Sweep ${name}`} />
        <Problem error={error} onRetry={() => void recipe.refetch()}>
          <p className="mt-2 text-sm">
            <a href="/sweeps/new" className="underline underline-offset-2">
              All recipes
            </a>
          </p>
        </Problem>
      </>
    );
  }
  const ready = context !== null && initial !== null && (fromSweepId === null || source.data !== undefined);
  return (
    <>
      <PageHeader title={`Sweep ${recipe.data?.title ?? name}`}>
        Let parameters vary, take components away, add seeds. What the runs have in common is done once.
      </PageHeader>
      {ready ? (
        <SweepForm
          recipe={recipe.data!}
          context={context}
          initial={initial}
          initialPreset={fromSweepId === null ? preset : null}
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

function contextOf(
  recipe: Recipe,
  settings: { schema: Record<string, unknown>; defaults: Record<string, unknown>; watchingPruners: string[] },
): DraftContext {
  return {
    recipe: recipe.name,
    field: fieldFromSchema(recipe.schema),
    defaults: recipe.defaults,
    mode: recipe.headline.higherIsBetter ? "max" : "min",
    settingsField: fieldFromSchema(settings.schema, "Search"),
    settingsDefaults: settings.defaults,
    watchingPruners: settings.watchingPruners,
  };
}
