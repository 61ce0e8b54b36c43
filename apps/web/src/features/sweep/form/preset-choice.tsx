"use client";

import type { Recipe } from "@retort/api";
import { Check } from "lucide-react";
import { cx } from "../../../ui/class-names.ts";
import { Panel } from "../../../ui/panel.tsx";

type Preset = Recipe["sweeps"][number];

/** The sweeps that come with a recipe: one press fills the form. */
export function PresetChoice({
  presets,
  chosen,
  onChoose,
}: {
  presets: readonly Preset[];
  chosen: string | null;
  onChoose(preset: Preset): void;
}) {
  if (presets.length === 0) return null;
  return (
    <Panel id="presets" title="Ready-made" note="one press fills the form">
      <ul className="grid grid-cols-1 gap-3 sm:grid-cols-2">
        {presets.map((preset) => {
          const isChosen = preset.name === chosen;
          return (
            <li key={preset.name}>
              <button
                type="button"
                aria-pressed={isChosen}
                onClick={() => onChoose(preset)}
                className={cx(
                  "flex h-full w-full flex-col rounded-lg border bg-surface px-4 py-3 text-left transition-colors",
                  isChosen ? "border-ink ring-1 ring-ink" : "border-line-strong hover:border-control",
                )}
              >
                <span className="flex items-center gap-2 font-medium">
                  {preset.title}
                  {isChosen && <Check aria-hidden className="size-4 text-success" />}
                </span>
                <span className="mt-0.5 text-sm text-ink-2">{preset.summary}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}
