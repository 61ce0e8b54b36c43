"use client";

import { X } from "lucide-react";
import { Sheet } from "../../../ui/panel.tsx";
import { describeDimension } from "../draft/dimension.ts";
import { dimensionsOf, type SpaceJson } from "../draft/space-edit.ts";

/** What differs between the runs, at a glance. */
export function VariedList({
  space,
  ablations,
  onRemove,
}: {
  space: SpaceJson;
  ablations: Record<string, unknown>;
  onRemove(path: string): void;
}) {
  const dimensions = dimensionsOf(space);
  return (
    <Sheet className="px-4 py-4">
      <h2 className="mb-2 text-sm font-medium">What varies</h2>
      {dimensions.length === 0 && Object.keys(ablations).length === 0 ? (
        <p className="text-sm text-ink-2">
          Nothing yet. Press <span className="font-medium text-ink">vary</span> beside a parameter.
        </p>
      ) : (
        <ul className="flex flex-col gap-1.5 text-sm">
          {Object.keys(ablations).map((name) => (
            <li key={name}>
              ablation <span className="font-medium">{name}</span>
            </li>
          ))}
          {dimensions.map(({ path, dimension }) => (
            <li key={path} className="flex items-start gap-2">
              <span className="min-w-0 flex-1">
                <span className="font-mono text-xs break-words">{path}</span>
                <span className="block truncate text-xs text-ink-3" title={describeDimension(dimension)}>
                  {describeDimension(dimension)}
                </span>
              </span>
              <button
                type="button"
                aria-label={`Stop varying ${path}`}
                onClick={() => onRemove(path)}
                className="rounded-sm p-1 text-ink-3 hover:bg-sunken hover:text-ink"
              >
                <X aria-hidden className="size-3.5" />
              </button>
            </li>
          ))}
        </ul>
      )}
    </Sheet>
  );
}
