"use client";

import { ToggleGroup } from "radix-ui";
import type { ReactNode } from "react";

/** A choice of which all options are in sight. */
export function Segments<Value extends string>(props: {
  label: string;
  value: Value;
  options: readonly { value: Value; label: ReactNode }[];
  onChange(value: Value): void;
}) {
  return (
    <ToggleGroup.Root
      type="single"
      aria-label={props.label}
      value={props.value}
      // Pressing the chosen one again would leave none.
      onValueChange={(value) => value !== "" && props.onChange(value as Value)}
      className="scroll-shadow flex max-w-full rounded-md border border-control bg-surface p-0.5"
    >
      {props.options.map(({ value, label }) => (
        <ToggleGroup.Item
          key={value}
          value={value}
          className="flex h-[1.875rem] shrink-0 items-center gap-1.5 rounded-sm px-2.5 text-sm text-ink-2 -outline-offset-2 hover:text-ink data-[state=on]:bg-sunken data-[state=on]:font-medium data-[state=on]:text-ink"
        >
          {label}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
