import type { ReactNode } from "react";
import { cx } from "./class-names.ts";

/** What is known about a thing, side by side below its name. */
export function Facts({ children, testId }: { children: ReactNode; testId: string }) {
  return (
    <dl className="mt-4 flex flex-wrap gap-x-10 gap-y-3" data-testid={testId}>
      {children}
    </dl>
  );
}

export function Fact({
  label,
  big = false,
  muted = false,
  children,
}: {
  label: ReactNode;
  /** The number that the page is about. */
  big?: boolean;
  muted?: boolean;
  children: ReactNode;
}) {
  return (
    <div className="min-w-0">
      <dt className="label">{label}</dt>
      <dd className={cx("leading-7 numeric", big && "text-2xl font-semibold tracking-tight", muted && "text-ink-3")}>
        {children}
      </dd>
    </div>
  );
}
