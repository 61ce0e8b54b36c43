import type { LeaderboardRow } from "@retort/api";
import { cx } from "../../ui/class-names.ts";

/** Mean, standard deviation and range over seeds on the scale of the whole board; the table has the numbers. */
export function Spread({
  row,
  lowest,
  highest,
  hollow,
}: {
  row: LeaderboardRow;
  lowest: number;
  highest: number;
  hollow: boolean;
}) {
  const span = highest - lowest || 1;
  const at = (value: number) => `${(2 + 96 * Math.min(1, Math.max(0, (value - lowest) / span))).toFixed(2)}%`;
  const { mean, min, max } = row;
  const std = row.std ?? 0;
  return (
    <svg aria-hidden width="100%" height="20" className={cx("inline align-middle", hollow ? "text-ink-3" : "text-ink")}>
      <line x1="0" x2="100%" y1="10" y2="10" stroke="var(--line)" />
      <line x1={at(min)} x2={at(max)} y1="10" y2="10" stroke="currentColor" strokeWidth="1" />
      {std > 0 && (
        <line
          x1={at(Math.max(min, mean - std))}
          x2={at(Math.min(max, mean + std))}
          y1="10"
          y2="10"
          stroke="currentColor"
          strokeWidth="4"
          opacity="0.35"
        />
      )}
      <circle
        cx={at(mean)}
        cy="10"
        r="4"
        fill={hollow ? "var(--surface)" : "currentColor"}
        stroke="currentColor"
        strokeWidth="1.5"
      />
    </svg>
  );
}
