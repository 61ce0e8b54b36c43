import { cx } from "./class-names.ts";

/** A grey place holder of the size of what is coming. */
export function Skeleton({ className }: { className: string }) {
  return <span aria-hidden className={cx("skeleton block", className)} />;
}

/** Rows of a table that is still loading, as tall as the real ones. */
export function SkeletonRows({ rows, columns }: { rows: number; columns: number }) {
  return Array.from({ length: rows }, (_, row) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: rows without identity
    <tr key={row} className="h-12 border-b border-line last:border-0">
      {Array.from({ length: columns }, (_, column) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: cells without identity
        <td key={column} className="px-3">
          <Skeleton className={cx("h-3.5", column === 0 ? "w-24" : "w-16")} />
        </td>
      ))}
    </tr>
  ));
}
