import type { Sweep, Trial } from "@retort/api";

/** A point with the trials of its seeds. */
export interface PointGroup {
  id: string;
  point: Trial["point"];
  labels: Trial["labels"];
  /** By seed. */
  trials: Trial[];
  /** Trials that have a value. */
  n: number;
  mean: number | null;
  /** Sample standard deviation; null for fewer than two. */
  std: number | null;
}

/** Trials of the same point together, in the order of their first trial. */
export function pointGroups(trials: readonly Trial[]): PointGroup[] {
  const groups = new Map<string, Trial[]>();
  for (const trial of trials) {
    const id = JSON.stringify([sorted(trial.point), sorted(trial.labels)]);
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [trial]);
    else group.push(trial);
  }
  return [...groups].map(([id, members]) => {
    const values = members.flatMap(({ value }) => (value === null ? [] : [value]));
    const { point, labels } = members[0]!;
    return { id, point, labels, trials: members.sort((a, b) => a.seed - b.seed), ...summary(values) };
  });
}

function summary(values: readonly number[]): Pick<PointGroup, "n" | "mean" | "std"> {
  const n = values.length;
  if (n === 0) return { n, mean: null, std: null };
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n === 1) return { n, mean, std: null };
  return { n, mean, std: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1)) };
}

function sorted(record: Record<string, unknown>): [string, unknown][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * Mean time that the trials took which have begun, in ms; those that go on count up to now, or there is no mean while one does when
 * now is null. Null also when none has begun.
 */
export function meanDurationMs(trials: readonly Pick<Trial, "clock">[], now: Date | null): number | null {
  const clocks = trials.flatMap(({ clock }) => (clock === null ? [] : [clock]));
  if (clocks.length === 0 || (now === null && clocks.some(({ to }) => to === null))) return null;
  const sum = clocks.reduce((total, { from, to }) => total + (to ?? now!).getTime() - from.getTime(), 0);
  return sum / clocks.length;
}

/** The best value that any trial up to each one has reached, where it is a new best. */
export function bestSoFar(
  trials: readonly Trial[],
  mode: Sweep["objective"]["mode"],
): { trial: number; value: number }[] {
  const found: { trial: number; value: number }[] = [];
  for (const { trial, value } of trials.toSorted((a, b) => a.trial - b.trial)) {
    const best = found.at(-1)?.value;
    if (value === null) continue;
    if (best === undefined || (mode === "max" ? value > best : value < best)) found.push({ trial, value });
  }
  return found;
}

/** Orders values of any kind with those that are absent last, whichever way it goes. */
export function compareValues(a: unknown, b: unknown, descending: boolean): number {
  const [missingA, missingB] = [a === null || a === undefined, b === null || b === undefined];
  if (missingA || missingB) return Number(missingA) - Number(missingB);
  const order =
    typeof a === "number" && typeof b === "number" ? a - b : text(a).localeCompare(text(b), "en", { numeric: true });
  return descending ? -order : order;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
