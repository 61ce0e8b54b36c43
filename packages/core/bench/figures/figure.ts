/** One measured number, as a benchmark prints it. */
export interface Figure {
  name: string;
  value: number;
  unit: string;
  goal?: number;
  /** What it is measured beside, in the same unit. */
  peer?: number;
  /** Between the two; the name says which way, where it is not plain. */
  ratio?: number;
}

/** A line a figure; JSON with --json. */
export function report(figure: Figure): void {
  const { name, value, unit, goal, peer, ratio } = figure;
  const rest = [
    goal === undefined ? [] : [`goal ${goal}`],
    peer === undefined ? [] : [`peer ${peer} ${unit}`],
    ratio === undefined ? [] : [`ratio ${ratio}`],
  ].flat();
  console.log(
    process.argv.includes("--json")
      ? JSON.stringify(figure)
      : `${name.padEnd(74)} ${String(value).padStart(8)} ${unit}   ${rest.join("   ")}`.trimEnd(),
  );
}

/** Of an even number the upper one of the two in the middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
