"use client";

import type { Run } from "@retort/api";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTRPC } from "../../trpc/client.tsx";
import { cx } from "../../ui/class-names.ts";
import { Command, CopyButton } from "../../ui/copy.tsx";
import { Sheet } from "../../ui/panel.tsx";
import { launchCommand } from "../launch/form/command.ts";
import { changesFrom } from "../launch/form/value.ts";

/** All parameters of a run, those that differ from the recipe's defaults marked. */
export function ParamsView({ run }: { run: Run }) {
  const trpc = useTRPC();
  const recipe = useQuery(trpc.recipes.get.queryOptions({ name: run.recipe }, { staleTime: 5 * 60_000 }));
  const [onlyChanged, setOnlyChanged] = useState(false);
  const defaults = recipe.data?.defaults;
  // Stored parameters have lost their order; the recipe's own defaults still have it.
  const order = new Map(changesFrom({}, defaults).map(({ path }, index) => [path, index]));
  const rank = (path: string) => order.get(path) ?? order.size;
  const all = changesFrom({}, run.params).sort((a, b) => rank(a.path) - rank(b.path));
  const changed = new Set(defaults === undefined ? [] : changesFrom(defaults, run.params).map(({ path }) => path));
  const shown = onlyChanged ? all.filter(({ path }) => changed.has(path)) : all;
  return (
    <div className="grid grid-cols-1 items-start gap-6 lg:grid-cols-[minmax(0,1fr)_24rem]">
      <div className="min-w-0">
        <div className="mb-3 flex min-h-8 items-center gap-4">
          <label className="flex items-center gap-2 text-sm text-ink-2">
            <input
              type="checkbox"
              checked={onlyChanged}
              onChange={(event) => setOnlyChanged(event.target.checked)}
              className="size-4 accent-ink"
            />
            Only what differs from the defaults
          </label>
          <span className="text-sm text-ink-3 numeric">{changed.size} changed</span>
          <div className="ml-auto">
            <CopyButton label="Copy parameters as JSON" text={JSON.stringify(run.params, null, 2)} />
          </div>
        </div>
        <Sheet>
          <dl className="text-sm">
            <ParamRow path="seed" value={run.seed} isChanged={false} />
            {shown.map(({ path, value }) => (
              <ParamRow key={path} path={path} value={value} isChanged={changed.has(path)} />
            ))}
          </dl>
        </Sheet>
      </div>
      <div className="min-w-0">
        <p className="label mb-1">Launch it again from a terminal</p>
        <Command
          text={launchCommand({ recipe: run.recipe, params: run.params, defaults: defaults ?? {}, seeds: [run.seed] })}
        />
      </div>
    </div>
  );
}

function ParamRow({ path, value, isChanged }: { path: string; value: unknown; isChanged: boolean }) {
  const keys = path.split(".");
  return (
    <div className="flex flex-col gap-x-6 border-b border-line px-4 py-1.5 last:border-0 sm:flex-row sm:items-baseline sm:justify-between">
      {/* The key keeps its width: what is long is the value, and it has room to break. */}
      <dt className="font-mono text-xs leading-5 break-words sm:max-w-[50%] sm:shrink-0">
        <span className="text-ink-3">{keys.slice(0, -1).map((key) => `${key}.`)}</span>
        {keys.at(-1)}
      </dt>
      <dd className={cx("min-w-0 font-mono text-xs leading-5 break-all sm:text-right", isChanged && "font-semibold")}>
        {typeof value === "string" ? value : JSON.stringify(value)}
        {isChanged && (
          <span className="ml-2 rounded-sm bg-copper-soft px-1.5 font-sans font-medium text-copper">changed</span>
        )}
      </dd>
    </div>
  );
}
