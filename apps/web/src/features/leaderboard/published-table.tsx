import type { Leaderboard } from "@retort/api";
import { formatScore, type ScoreUnit } from "../../format/number.ts";
import { toWords } from "../../format/words.ts";
import { Table } from "../../ui/table.tsx";

type Row = Leaderboard["published"][number];

/** What others published, a line a method and a column a data set and metric: beside the measured rows, never among them. */
export function PublishedTable({ rows, unit }: { rows: readonly Row[]; unit: ScoreUnit }) {
  // Columns of a data set side by side; otherwise in the order of the rows.
  const datasets = distinct(rows.map(({ dataset }) => dataset));
  const columns = datasets.flatMap((dataset) => distinct(rows.filter((row) => row.dataset === dataset).map(columnOf)));
  const methods = distinct(rows.map(methodOf));
  const byPlace = new Map(rows.map((row) => [methodOf(row) + columnOf(row), row]));
  return (
    <Table
      label="Published elsewhere"
      className="border-dashed"
      head={
        <>
          <th scope="col">Published</th>
          {columns.map((column) => {
            const [dataset, metric] = JSON.parse(column) as [string, string];
            return (
              <th key={column} scope="col" className="text-right">
                {dataset}
                <span className="block">{toWords(metric)}</span>
              </th>
            );
          })}
          <th scope="col">Source</th>
        </>
      }
    >
      {methods.map((method) => {
        const [label, source] = JSON.parse(method) as [string, string];
        return (
          <tr key={method} className="text-ink-2">
            <th scope="row" className="min-w-56 font-normal italic">
              {label}
            </th>
            {columns.map((column) => {
              const row = byPlace.get(method + column);
              return (
                <td key={column} className="text-right whitespace-nowrap">
                  {row === undefined ? <span className="text-ink-3">–</span> : formatScore(row.value, unit)}
                </td>
              );
            })}
            <td className="min-w-80 text-xs">{source}</td>
          </tr>
        );
      })}
    </Table>
  );
}

const columnOf = ({ dataset, metric }: Row) => JSON.stringify([dataset, metric]);
const methodOf = ({ label, source }: Row) => JSON.stringify([label, source]);

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)];
}
