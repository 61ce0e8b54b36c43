import type { Run } from "@retort/api";
import { Table } from "../../ui/table.tsx";
import { differingParams } from "./differences.ts";
import { RunHeads } from "./run-heads.tsx";

/** A row a parameter that is not the same in all runs. */
export function ParamDifferences({ runs }: { runs: readonly Run[] }) {
  const rows = [
    { path: "recipe", values: runs.map(({ recipe }) => recipe) },
    { path: "seed", values: runs.map(({ seed }) => seed) },
  ].filter(({ values }) => new Set<unknown>(values).size > 1);
  const differences = [...rows, ...differingParams(runs)];
  if (differences.length === 0) {
    return <p className="text-sm text-ink-2">None: these runs asked for the very same thing.</p>;
  }
  return (
    <Table label="Parameters that differ" head={<RunHeads runs={runs} first="Parameter" />}>
      {differences.map(({ path, values }) => (
        <tr key={path} className="font-mono text-xs">
          <th scope="row" className="font-normal text-ink-2">
            {path}
          </th>
          {values.map((value, index) => (
            <td key={runs[index]!.id} className="text-right">
              {value === undefined ? (
                <span className="text-ink-3">–</span>
              ) : typeof value === "string" ? (
                value
              ) : (
                JSON.stringify(value)
              )}
            </td>
          ))}
        </tr>
      ))}
    </Table>
  );
}
