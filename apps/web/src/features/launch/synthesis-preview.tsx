"use client";

import { useQuery } from "@tanstack/react-query";
import { Dices } from "lucide-react";
import { useState } from "react";
import { useTRPC } from "../../trpc/client.tsx";
import { Button } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { Sheet } from "../../ui/panel.tsx";
import { Problem } from "../../ui/problem.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import type { FieldOf } from "./form/field.ts";
import { useDebounced } from "./use-debounced.ts";

const numSamples = 8;

/** Whether a recipe trains on anomalies that it makes itself. */
export function makesAnomalies({ fields }: FieldOf<"object">): boolean {
  return ["data", "synthesis", "window"].every((key) => key in fields);
}

/** What training with the form's present parameters would be shown, drawn by the very code that training uses. */
export function SynthesisPreview({ recipe, params, sound }: { recipe: string; params: unknown; sound: boolean }) {
  const trpc = useTRPC();
  const [open, setOpen] = useState(false);
  const [seed, setSeed] = useState(0);
  const settled = useDebounced(params, 600);
  const preview = useQuery(
    trpc.previews.synthesis.queryOptions(
      { recipe, params: settled as Record<string, unknown>, seed, numSamples },
      {
        enabled: open && sound,
        placeholderData: (previous) => previous,
        staleTime: Number.POSITIVE_INFINITY,
        retry: false,
      },
    ),
  );
  return (
    <section aria-label="Synthetic anomalies" className="mt-6">
      <div className="flex flex-wrap items-center gap-3">
        <Button aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? "Hide the synthetic anomalies" : "Preview the synthetic anomalies"}
        </Button>
        {open && (
          <Button look="quiet" onClick={() => setSeed(seed + 1)}>
            <Dices /> Draw others
          </Button>
        )}
      </div>
      {open && (
        <div className="mt-4" aria-live="polite">
          {!sound ? (
            <p className="text-sm text-ink-2">The preview appears when every value is valid.</p>
          ) : preview.error !== null ? (
            <Problem error={preview.error} onRetry={() => void preview.refetch()} />
          ) : preview.data === undefined ? (
            <Skeleton className="h-64" />
          ) : (
            <ul
              aria-label="Windows before, after with the defect outlined, and the mask"
              className={cx("grid grid-cols-1 gap-3 sm:grid-cols-2", preview.isPlaceholderData && "opacity-60")}
            >
              {preview.data.map(({ category, kinds, areaFraction, image }, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: samples are known by their place
                <li key={index}>
                  <Sheet className="p-2.5">
                    {/* biome-ignore lint/performance/noImgElement: drawn for this very form */}
                    <img
                      src={image}
                      alt={`${category}: before, after, mask of ${kinds.join(" and ") || "no defect"}`}
                      className="w-full rounded-sm"
                    />
                    <p className="mt-1.5 flex justify-between gap-3 text-xs">
                      <span className="min-w-0 truncate">
                        {category},{" "}
                        {kinds.length === 0 ? <span className="text-ink-3">left normal</span> : kinds.join(", ")}
                      </span>
                      <span className="text-ink-3 numeric">{(100 * areaFraction).toFixed(1)} % of the window</span>
                    </p>
                  </Sheet>
                </li>
              ))}
            </ul>
          )}
        </div>
      )}
    </section>
  );
}
