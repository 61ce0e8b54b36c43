"use client";

import { Shuffle } from "lucide-react";
import { cx } from "../../../ui/class-names.ts";

/** Switches a parameter between one value and several. */
export function VaryButton({ label, on, onToggle }: { label: string; on: boolean; onToggle(): void }) {
  return (
    <button
      type="button"
      aria-pressed={on}
      aria-label={`Vary ${label}`}
      title={on ? "Back to one value" : "Give it several values"}
      onClick={onToggle}
      className={cx(
        "inline-flex h-6 items-center gap-1 rounded-sm px-1.5 text-xs font-medium",
        on ? "bg-copper text-paper" : "text-ink-2 hover:bg-sunken hover:text-ink",
      )}
    >
      <Shuffle aria-hidden className="size-3" /> {on ? "varies" : "vary"}
    </button>
  );
}
