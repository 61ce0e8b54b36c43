export interface Figure {
  name: string;
  value: number;
  unit: string;
  /** At least this for rates, at most this for times and ratios. */
  goal: number;
}

export function report({ name, value, unit, goal }: Figure, isJson: boolean): void {
  const shown = value < 10 ? value.toFixed(2) : value.toFixed(0);
  console.log(
    isJson ? JSON.stringify({ name, value: Number(shown), unit, goal }) : `${name}: ${shown} ${unit}, goal ${goal}`,
  );
}
