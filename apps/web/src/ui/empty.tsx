import type { ReactNode } from "react";

/** What stands where nothing is yet: what this place is for and the next step. */
export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="flex flex-col items-start gap-3 rounded-lg border border-dashed border-line-strong px-5 py-7">
      <p className="font-medium">{title}</p>
      {children !== undefined && <div className="max-w-prose text-sm text-ink-2">{children}</div>}
      {action}
    </div>
  );
}
