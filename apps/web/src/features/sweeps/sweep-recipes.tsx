"use client";

import { useQueries, useQuery } from "@tanstack/react-query";
import { ChevronRight } from "lucide-react";
import Link from "next/link";
import { useTRPC } from "../../trpc/client.tsx";
import { Command } from "../../ui/copy.tsx";
import { Sheet } from "../../ui/panel.tsx";
import { Problem } from "../../ui/problem.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";

/** Every recipe with the sweeps that come with it. */
export function SweepRecipes() {
  const trpc = useTRPC();
  const recipes = useQuery(trpc.recipes.list.queryOptions(undefined, { staleTime: 60_000 }));
  const details = useQueries({
    queries: (recipes.data ?? []).map(({ name }) => trpc.recipes.get.queryOptions({ name }, { staleTime: 60_000 })),
  });
  if (recipes.error !== null) return <Problem error={recipes.error} onRetry={() => void recipes.refetch()} />;
  if (recipes.data === undefined) return <Skeleton className="h-64" />;
  return (
    <>
      <ul className="grid grid-cols-1 items-start gap-4 lg:grid-cols-2">
        {recipes.data.map(({ name, title, summary }, index) => (
          <li key={name}>
            <Sheet>
              <Link
                href={`/sweeps/new/${name}`}
                className="group flex items-start gap-4 rounded-t-lg px-5 py-4 hover:bg-sunken/60"
              >
                <span className="min-w-0 flex-1">
                  <span className="block text-lg font-semibold tracking-tight">{title}</span>
                  <span className="mt-1 block text-sm text-ink-2">{summary}</span>
                </span>
                <ChevronRight aria-hidden className="mt-1 size-5 shrink-0 text-ink-3 group-hover:text-ink" />
              </Link>
              {(details[index]?.data?.sweeps.length ?? 0) > 0 && (
                <ul aria-label={`Sweeps of ${title}`} className="border-t border-line">
                  {details[index]!.data!.sweeps.map((sweep) => (
                    <li key={sweep.name} className="border-b border-line last:border-0">
                      <Link
                        href={`/sweeps/new/${name}?preset=${sweep.name}`}
                        className="block px-5 py-2.5 text-sm hover:bg-sunken/60"
                      >
                        <span className="font-medium">{sweep.title}</span>
                        <span className="block text-xs text-ink-3">{sweep.summary}</span>
                      </Link>
                    </li>
                  ))}
                </ul>
              )}
            </Sheet>
          </li>
        ))}
      </ul>
      <div className="mt-8 max-w-2xl">
        <p className="label mb-1">From a file, without a form</p>
        <Command text="npx retort sweep sweep.yaml --watch" />
      </div>
    </>
  );
}
