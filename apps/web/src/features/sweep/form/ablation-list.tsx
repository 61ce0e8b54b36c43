"use client";

import { Trash2 } from "lucide-react";
import { Button } from "../../../ui/button.tsx";
import { Panel, Sheet } from "../../../ui/panel.tsx";

/** The ablations of a sweep: which components are taken away or added, and how they are combined. */
export function AblationList({
  ablations,
  onChange,
}: {
  ablations: Record<string, unknown>;
  onChange(ablations: Record<string, unknown>): void;
}) {
  const entries = Object.entries(ablations);
  if (entries.length === 0) return null;
  return (
    <Panel id="ablations" title="Ablations">
      <Sheet>
        <ul>
          {entries.map(([name, value]) => {
            const { mode, axes } = readAblation(value);
            const { [name]: _, ...others } = ablations;
            return (
              <li key={name} className="flex items-start gap-4 border-b border-line px-4 py-3 last:border-0">
                <div className="min-w-0 flex-1">
                  <p className="font-medium">
                    {name} <span className="font-normal text-ink-3">{modes[mode] ?? mode}</span>
                  </p>
                  <dl className="mt-1.5 grid grid-cols-1 gap-x-4 gap-y-1 text-sm sm:grid-cols-[minmax(6rem,auto)_1fr]">
                    {axes.map(({ axis, levels }) => (
                      <div key={axis} className="contents">
                        <dt className="text-ink-2">{axis}</dt>
                        <dd className="font-mono text-xs leading-5 break-words text-ink-3">{levels}</dd>
                      </div>
                    ))}
                  </dl>
                </div>
                <Button
                  look="quiet"
                  size="icon"
                  aria-label={`Remove ablation ${name}`}
                  onClick={() => onChange(others)}
                >
                  <Trash2 />
                </Button>
              </li>
            );
          })}
        </ul>
      </Sheet>
    </Panel>
  );
}

const modes: Record<string, string> = {
  "all-but-one": "all on, then one changed at a time",
  "one-at-a-time": "all off, then one added at a time",
  factorial: "all combinations",
};

/** For display only: whatever a pasted file says, the server judges it. */
function readAblation(value: unknown): { mode: string; axes: { axis: string; levels: string }[] } {
  const { mode, axes } = record(value);
  return {
    mode: String(mode ?? ""),
    axes: Object.entries(record(axes)).map(([axis, given]) => {
      const { variants, ...levels } = record(given);
      const all = { ...levels, ...record(variants) };
      return {
        axis,
        levels: Object.entries(all)
          .map(([level, set]) => `${level}: ${print(set)}`)
          .join("; "),
      };
    }),
  };
}

function print(set: unknown): string {
  return Object.entries(record(set))
    .map(([path, value]) => `${path.split(".").at(-1)}=${JSON.stringify(value)}`)
    .join(", ");
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
