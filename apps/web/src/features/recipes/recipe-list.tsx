"use client";

import type { Recipe, RecipeSummary } from "@retort/api";
import { useQueries, useQuery } from "@tanstack/react-query";
import { ChevronRight } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { useTRPC } from "../../trpc/client.tsx";
import { Command } from "../../ui/copy.tsx";
import { Problem } from "../../ui/problem.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";

/** Every recipe as a card that leads to its form; below its summary what the form starts from. */
export function RecipeList(props: {
  hrefOf(recipe: RecipeSummary): string;
  /** What the card says below the summary, once the recipe is known in full. */
  children(recipe: Recipe): ReactNode;
  command: { label: string; text: string };
}) {
  const { hrefOf, children, command } = props;
  const trpc = useTRPC();
  const recipes = useQuery(trpc.recipes.list.queryOptions(undefined, { staleTime: 60_000 }));
  const details = useQueries({
    queries: (recipes.data ?? []).map(({ name }) => trpc.recipes.get.queryOptions({ name }, { staleTime: 60_000 })),
  });
  if (recipes.error !== null) return <Problem error={recipes.error} onRetry={() => void recipes.refetch()} />;
  if (recipes.data === undefined) return <Skeleton className="h-64" />;
  return (
    <>
      <ul className="gap-4 lg:columns-2">
        {recipes.data.map((recipe, index) => (
          <li
            key={recipe.name}
            className="mb-4 break-inside-avoid overflow-hidden rounded-lg border border-line bg-surface"
            data-recipe={recipe.name}
          >
            <Link href={hrefOf(recipe)} className="group block px-5 py-4 -outline-offset-2 hover:bg-sunken/60">
              <h2 className="flex items-center justify-between text-lg font-semibold tracking-tight">
                {recipe.title}
                <ChevronRight aria-hidden className="size-4 text-ink-3 group-hover:text-ink" />
              </h2>
              <p className="mt-1 max-w-prose text-sm text-ink-2">{recipe.summary}</p>
            </Link>
            {details[index]?.data !== undefined && children(details[index].data)}
          </li>
        ))}
      </ul>
      <div className="mt-4 max-w-2xl">
        <p className="label mb-1">{command.label}</p>
        <Command text={command.text} />
      </div>
    </>
  );
}
