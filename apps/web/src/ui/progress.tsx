import { cx } from "./class-names.ts";

/** How much of a known amount is done, in [0, 1]; grey while it does not go on. */
export function Progress(props: { fraction: number; label: string; stands?: boolean; className?: string }) {
  const { fraction, label, stands = false, className } = props;
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
        className={cx("h-full rounded-full transition-[width] duration-500", stands ? "bg-control" : "bg-running")}
        style={{ width: `${percent}%` }}
      />
    </div>
  );
}
