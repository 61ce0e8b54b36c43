import { Hourglass } from "lucide-react";
import type { ReactNode } from "react";

/** Stages that wait, each with the reason. */
export function WaitingList({ waiting }: { waiting: readonly { id: string; who: ReactNode; reason: ReactNode }[] }) {
  if (waiting.length === 0) return null;
  return (
    <ul aria-label="What waits" className="rounded-lg border border-line-strong bg-warn-soft px-4 py-3 text-sm">
      {waiting.map(({ id, who, reason }) => (
        <li key={id} className="flex items-start gap-2">
          <Hourglass aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />
          <span>
            <span className="font-medium numeric">{who}</span>: {reason}
          </span>
        </li>
      ))}
    </ul>
  );
}
