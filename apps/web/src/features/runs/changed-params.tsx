"use client";

import { useQueries } from "@tanstack/react-query";
import { useTRPC } from "../../trpc/client.tsx";
import { type Change, changesFrom } from "../launch/form/value.ts";

interface Configured {
  recipe: string;
  params: unknown;
}

/**
 * Looks up what parameters change against the recipe's defaults: first what few of the items have, since that tells them
 * apart. Null while the defaults are loading.
 */
export function useChangedParams(items: readonly Configured[]): (item: Configured) => Change[] | null {
  const trpc = useTRPC();
  const names = [...new Set(items.map(({ recipe }) => recipe))].sort();
  const found = useQueries({
    queries: names.map((name) => trpc.recipes.get.queryOptions({ name }, { staleTime: 5 * 60_000 })),
  });
  const changesOf = ({ recipe, params }: Configured) => {
    const defaults = found[names.indexOf(recipe)]?.data?.defaults;
    return defaults === undefined ? null : changesFrom(defaults, params);
  };
  const frequency = new Map<string, number>();
  for (const item of items) {
    for (const change of changesOf(item) ?? []) frequency.set(text(change), (frequency.get(text(change)) ?? 0) + 1);
  }
  const rarity = (change: Change) => frequency.get(text(change)) ?? 0;
  return (item) => changesOf(item)?.sort((a, b) => rarity(a) - rarity(b)) ?? null;
}

const shownAtMost = 3;

/** The parameters that make a configuration what it is. */
export function ChangedParams({ changes, limit = shownAtMost }: { changes: readonly Change[] | null; limit?: number }) {
  if (changes === null) return null;
  if (changes.length === 0) return <span className="text-ink-3">defaults</span>;
  const rest = changes.slice(limit);
  return (
    <span className="inline-flex min-w-0 flex-wrap gap-x-2 gap-y-0.5 font-mono text-xs">
      {changes.slice(0, limit).map((change) => (
        <span key={change.path} title={text(change)} className="max-w-56 truncate">
          <span className="text-ink-3">{change.path.split(".").at(-1)}=</span>
          {short(change.value)}
        </span>
      ))}
      {rest.length > 0 && (
        <span title={rest.map(text).join("\n")} className="text-ink-3">
          +{rest.length}
        </span>
      )}
    </span>
  );
}

function text({ path, value }: Change): string {
  return `${path}=${short(value)}`;
}

function short(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
