"use client";

import type { RunSummary } from "@retort/api";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { formatScore } from "../../../format/number.ts";
import { useTRPC } from "../../../trpc/client.tsx";
import { cx } from "../../../ui/class-names.ts";
import { Problem } from "../../../ui/problem.tsx";
import { ScrollRegion } from "../../../ui/scroll-region.tsx";
import { Ago } from "../../../ui/time.tsx";
import { useDebounced } from "../use-debounced.ts";
import { dotted, type FieldOf, type FieldPath } from "./field.ts";
import { describedBy, FieldFrame, fieldId, inputLook } from "./field-frame.tsx";
import { useForm } from "./form-context.tsx";

/** Runs that are offered at once; the rest is found by typing. */
const numOffered = 20;

/** One of the finished runs that have what the parameter wants: the newest, or those that fit a text. */
export function RunInput({ field, path, value }: { field: FieldOf<"run">; path: FieldPath; value: unknown }) {
  const { errors, set } = useForm();
  const trpc = useTRPC();
  const [text, setText] = useState("");
  const search = useDebounced(text.trim(), 250);
  const id = typeof value === "string" ? value : "";
  const error = errors.get(dotted(path));
  const found = useQuery(
    trpc.runs.list.queryOptions(
      {
        ...{ artifact: field.artifact, artifactOf: [...field.artifactOf], status: "succeeded", limit: numOffered },
        ...(search === "" ? {} : { search }),
      },
      { placeholderData: keepPreviousData },
    ),
  );
  // The chosen one stays in sight, whatever is searched for: by its whole id it is the only one.
  const chosen = useQuery(trpc.runs.list.queryOptions({ search: id, limit: 1 }, { enabled: id !== "" }));
  const own = id === "" ? [] : (chosen.data?.runs ?? []);
  const others = found.data?.runs.filter((run) => run.id !== id) ?? [];
  return (
    <FieldFrame field={field} path={path} value={value}>
      <input
        id={fieldId(path)}
        type="search"
        autoComplete="off"
        spellCheck={false}
        placeholder="Name, recipe or end of the id"
        aria-invalid={error !== undefined}
        aria-describedby={describedBy(field, path, error)}
        value={text}
        onChange={(event) => setText(event.target.value)}
        // Enter would launch before anything has been chosen.
        onKeyDown={(event) => event.key === "Enter" && event.preventDefault()}
        className={cx(inputLook, "h-9")}
      />
      {found.error !== null && <Problem error={found.error} onRetry={() => void found.refetch()} />}
      {own.length + others.length > 0 && (
        <ScrollRegion
          label={`Runs for ${field.label.toLowerCase()}`}
          className="mt-1.5 max-h-60 overflow-y-auto rounded-md border border-line"
        >
          <fieldset aria-label={field.label}>
            {[...own, ...others].map((run) => (
              <Choice
                key={run.id}
                run={run}
                name={dotted(path)}
                isChosen={run.id === id}
                onChoose={() => set(path, run.id)}
              />
            ))}
          </fieldset>
        </ScrollRegion>
      )}
      <p className="mt-1 text-xs text-ink-3">
        {found.data === undefined
          ? "Looking for runs"
          : found.data.runs.length === 0
            ? `No finished run ${search === "" ? "" : "that fits "}has left a ${field.artifact}.`
            : found.data.nextCursor !== null
              ? `The newest ${numOffered}; type to find others.`
              : null}
      </p>
    </FieldFrame>
  );
}

function Choice(props: { run: RunSummary; name: string; isChosen: boolean; onChoose(): void }) {
  const { run, name, isChosen, onChoose } = props;
  return (
    <label
      className={cx(
        "flex cursor-pointer items-start gap-2.5 border-b border-line px-2.5 py-1.5 last:border-0 hover:bg-sunken",
        isChosen && "bg-sunken",
      )}
    >
      <input type="radio" name={name} checked={isChosen} onChange={onChoose} className="mt-1 size-4 accent-ink" />
      <span className="min-w-0 flex-1">
        <span className="flex items-baseline justify-between gap-3 text-sm">
          <span className={cx("truncate", isChosen && "font-medium")}>{run.name}</span>
          {run.headline !== null && (
            <span className="whitespace-nowrap numeric" title={`${run.headline.label} on ${run.headline.dataset}`}>
              {formatScore(run.headline.value, run.headline.unit)}
            </span>
          )}
        </span>
        <span className="flex flex-wrap gap-x-2 text-xs text-ink-3">
          <span>
            {run.recipe}, seed <span className="numeric">{run.seed}</span>
          </span>
          <Ago at={run.createdAt} />
          <span className="font-mono">{run.id.slice(-8)}</span>
        </span>
      </span>
    </label>
  );
}
