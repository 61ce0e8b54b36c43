import type { Run } from "@retort/api";
import { print } from "../output/print.ts";
import { elapsed, measured } from "../output/quantity.ts";
import { describeFailure } from "../output/run.ts";
import { table } from "../output/table.ts";
import { shortId } from "../run-reference.ts";

/** The last word on runs that were watched: a table with the headline metric, then what failed. */
export function printOutcome(runs: readonly Run[]): void {
  const label = runs.find((run) => run.headline !== null)?.headline?.label ?? "Result";
  const rows = runs.map((run) => [
    shortId(run.id),
    run.name,
    run.seed,
    run.status,
    run.headline === null ? null : measured(run.headline.value, run.headline.unit),
    elapsed(run.clock),
  ]);
  print(table(["RUN", "NAME", "SEED", "STATUS", label.toUpperCase(), "TIME"], rows));
  const told = new Set<string>();
  for (const stage of runs.flatMap((run) => run.stages)) {
    if (stage.failure === null || told.has(stage.id)) continue;
    told.add(stage.id);
    print(`\nStage ${stage.name} failed: ${describeFailure(stage.failure)}`);
  }
}
