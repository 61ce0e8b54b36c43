import type { Sweep, SweepFailures, SweepImportance } from "@retort/api";
import { measured } from "./quantity.ts";
import { table } from "./table.ts";

/** Every value of every parameter: how trials with it ended, and what they came to. One parameter at a time, so main effects only. */
export function describeValues({ objective }: Sweep, failures: SweepFailures, importance: SweepImportance): string {
  const rows = failures.flatMap(({ parameter, values }, index) =>
    values.map((value, position) => {
      const effect = importance[index]?.values[position];
      const share = importance[index]?.explained ?? null;
      const failed = Object.entries(value.kinds).map(([kind, count]) => `${count} ${kind}`);
      return [
        position === 0 ? parameter : "",
        position === 0 && share !== null ? `${Math.round(share * 100)} %` : "",
        value.label,
        ...[value.n, value.succeeded, failed.join(", ") || 0, value.pruned],
        effect?.mean == null ? null : measured(effect.mean, objective.unit),
        effect?.std == null ? null : measured(effect.std, objective.unit),
      ];
    }),
  );
  return table(["PARAMETER", "EXPLAINS", "VALUE", "N", "SUCCEEDED", "FAILED", "PRUNED", "MEAN", "STD"], rows);
}
