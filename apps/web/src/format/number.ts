const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** A whole number with thousands apart: 12,480. */
export function formatCount(value: number): string {
  return grouped.format(value);
}

/** A measured value in about four significant digits: 0.3127, 12.84, 1,204, 3.1e-7. */
export function formatValue(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) return value.toExponential(2).replace("e+", "e").replace("-", "−");
  if (size >= 1_000) return grouped.format(value).replace("-", "−");
  if (Number.isInteger(value)) return String(value).replace("-", "−");
  const digits = size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : 4;
  return value.toFixed(digits).replace("-", "−");
}

export type ScoreUnit = "fraction" | "points";

/** A score in its unit: fractions as per cent, points as they are. */
export function formatScore(value: number, unit: ScoreUnit): string {
  return unit === "fraction" ? `${(value * 100).toFixed(1)} %` : formatValue(value);
}

/** A spread beside a score, in the score's unit but without repeating it. */
export function formatSpread(value: number, unit: ScoreUnit): string {
  return unit === "fraction" ? (value * 100).toFixed(1) : formatValue(value);
}

/** How far one score lies above another, signed, in the scores' unit but without repeating it: +3.2, −0.4. */
export function formatDifference(value: number, unit: ScoreUnit): string {
  const text = unit === "fraction" ? (Math.abs(value) * 100).toFixed(1) : formatValue(Math.abs(value));
  return value < 0 ? `−${text}` : `+${text}`;
}

/** Metrics of evaluations are fractions in [0, 1] by this project's convention, but for times and for points that go beyond. */
export function scoreUnit(metric: string, values: readonly number[]): ScoreUnit {
  if (/(Ms|Seconds|PerSecond)$/.test(metric)) return "points";
  return values.every((value) => value >= 0 && value <= 1) ? "fraction" : "points";
}

const units = ["B", "KiB", "MiB", "GiB", "TiB"];

/** The size of a file or of memory in powers of 1024, as the command line and limits give it: 812 B, 2.3 MiB, 20.0 GiB. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1_024 && unit < units.length - 1) {
    value /= 1_024;
    unit += 1;
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
