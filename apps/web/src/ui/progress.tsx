import { cx } from "./class-names.ts";

/** How much of a known amount is done, in [0, 1]. */
export function Progress({ fraction, label, className }: { fraction: number; label: string; className?: string }) {
  const percent = Math.round(Math.min(1, Math.max(0, fraction)) * 100);
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuenow={percent}
      aria-valuemin={0}
      aria-valuemax={100}
      className={cx("h-1 overflow-hidden rounded-full bg-line", className)}
    >
      <div
        className="h-full rounded-full bg-running transition-[width] duration-500"
        style={{ width: `${percent}%` }}
      />
    </div>
  );
}
