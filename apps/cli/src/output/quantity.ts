import type { Clock } from "@retort/api";

/** 75 -> "1 m 15 s"; two units at most. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${String(whole % 60).padStart(2, "0")} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")} m`;
}

/** What something took, up to now while it goes on; "-" before it has started. */
export function elapsed(clock: Clock | null): string {
  if (clock === null) return "-";
  return duration(((clock.to ?? new Date()).getTime() - clock.from.getTime()) / 1000);
}

export function bytes(count: number): string {
  if (count < 1024) return `${count} B`;
  const unit = Math.min(Math.floor(Math.log2(count) / 10), 4);
  return `${(count / 1024 ** unit).toFixed(1)} ${["B", "KiB", "MiB", "GiB", "TiB"][unit]}`;
}

/** Four significant digits, without a tail of zeros. */
export function decimal(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}

/** A metric in its unit: 0.9342 of unit "fraction" -> "93.42 %". */
export function measured(value: number, unit: "fraction" | "points"): string {
  return unit === "fraction" ? `${(value * 100).toFixed(2)} %` : decimal(value);
}
