const units: readonly { name: string; below: number; milliseconds: number }[] = [
  { name: "s", below: 60_000, milliseconds: 1_000 },
  { name: "min", below: 3_600_000, milliseconds: 60_000 },
  { name: "h", below: 86_400_000, milliseconds: 3_600_000 },
  { name: "d", below: 60 * 86_400_000, milliseconds: 86_400_000 },
  { name: "months", below: Number.POSITIVE_INFINITY, milliseconds: 30 * 86_400_000 },
];

/** The distance from now: "just now", "25 s ago", "3 min ago", "2 d ago", "in 40 s". */
export function formatWhen(at: Date, now: Date): string {
  const distanceMs = at.getTime() - now.getTime();
  const sizeMs = Math.abs(distanceMs);
  if (sizeMs < 5_000) return "just now";
  const unit = units.find(({ below }) => sizeMs < below)!;
  const text = `${Math.floor(sizeMs / unit.milliseconds)} ${unit.name}`;
  return distanceMs < 0 ? `${text} ago` : `in ${text}`;
}

const absolute = new Intl.DateTimeFormat("en-GB", {
  year: "numeric",
  month: "short",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  timeZoneName: "short",
});

/** The full date and time with its zone, for titles. */
export function formatAbsolute(at: Date): string {
  return absolute.format(at);
}
