"use client";

import type { RecipeSummary } from "@retort/api";
import { useQueries, useQuery } from "@tanstack/react-query";
import { ChevronRight } from "lucide-react";
import Link from "next/link";
import { useTRPC } from "../../trpc/client.tsx";
import { Command } from "../../ui/copy.tsx";
import { Problem } from "../../ui/problem.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";

/** Every recipe with the stages it runs. */
export function RecipeList() {
  const trpc = useTRPC();
  const recipes = useQuery(trpc.recipes.list.queryOptions(undefined, { staleTime: 60_000 }));
  const details = useQueries({
    queries: (recipes.data ?? []).map(({ name }) => trpc.recipes.get.queryOptions({ name }, { staleTime: 60_000 })),
  });
  if (recipes.error !== null) return <Problem error={recipes.error} onRetry={() => void recipes.refetch()} />;
  if (recipes.data === undefined) return <Skeleton className="h-64" />;
  return (
    <>
      <ul className="grid grid-cols-1 gap-4 lg:grid-cols-2">
        {recipes.data.map((recipe, index) => (
          <RecipeCard
            key={recipe.name}
            recipe={recipe}
            stages={details[index]?.data?.stages.map(({ name }) => name) ?? null}
          />
        ))}
      </ul>
      <div className="mt-8 max-w-2xl">
        <p className="label mb-1">The same from a terminal</p>
        <Command text={`npx retort launch ${recipes.data[0]?.name ?? "quickstart"} --watch`} />
      </div>
    </>
  );
}

function RecipeCard({ recipe, stages }: { recipe: RecipeSummary; stages: readonly string[] | null }) {
  return (
    <li className="group relative flex flex-col rounded-lg border border-line bg-surface px-5 py-4 focus-within:border-line-strong hover:border-line-strong">
      <h2 className="flex items-center justify-between text-lg font-semibold tracking-tight">
        <Link href={`/launch/${recipe.name}`} className="after:absolute after:inset-0">
          {recipe.title}
        </Link>
        <ChevronRight aria-hidden className="size-4 text-ink-3 transition-transform group-hover:translate-x-0.5" />
      </h2>
      <p className="mt-1 max-w-prose text-sm text-ink-2">{recipe.summary}</p>
      <ol aria-label="Stages" className="mt-3 flex min-h-6 flex-wrap items-center gap-x-1.5 gap-y-1 text-xs text-ink-2">
        {stages?.map((stage, index) => (
          <li key={stage} className="flex items-center gap-1.5">
            {index > 0 && <span aria-hidden className="h-px w-3 bg-line-strong" />}
            <span className="rounded-sm bg-sunken px-1.5 py-0.5 font-mono">{stage}</span>
          </li>
        ))}
      </ol>
      <p className="mt-2 text-xs text-ink-3">Ranked by {recipe.headline.label}</p>
    </li>
  );
}
