import type { ReactNode } from "react";
import { cx } from "./class-names.ts";

/** A titled region of a page. Regions are separated by space and one rule, not by boxes in boxes. */
export function Panel(props: {
  title: ReactNode;
  id?: string;
  note?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  className?: string;
}) {
  const headingId = props.id === undefined ? undefined : `${props.id}-heading`;
  return (
    <section id={props.id} aria-labelledby={headingId} className={cx("scroll-mt-16", props.className)}>
      <div className="mb-3 flex min-h-8 flex-wrap items-center gap-x-3 gap-y-1.5">
        <h2 id={headingId} className="text-lg font-semibold tracking-tight">
          {props.title}
        </h2>
        {props.note !== undefined && <div className="text-sm text-ink-3 numeric">{props.note}</div>}
        {props.actions !== undefined && (
          <div className="ml-auto flex flex-wrap items-center gap-2">{props.actions}</div>
        )}
      </div>
      {props.children}
    </section>
  );
}

/** The surface that tables, charts and forms stand on. */
export function Sheet({ children, className }: { children: ReactNode; className?: string }) {
  return <div className={cx("rounded-lg border border-line bg-surface", className)}>{children}</div>;
}
