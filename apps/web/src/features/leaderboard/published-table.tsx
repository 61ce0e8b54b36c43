import type { Leaderboard } from "@retort/api";
import { formatScore, type ScoreUnit } from "../../format/number.ts";
import { Sheet } from "../../ui/panel.tsx";

/** What others published: beside the measured rows, never among them. */
export function PublishedTable({ rows, unit }: { rows: Leaderboard["published"]; unit: ScoreUnit }) {
  return (
    <Sheet className="scroll-shadow max-h-[36rem] overflow-y-auto border-dashed">
      <table aria-label="Published elsewhere" className="w-full text-left">
        <thead>
          <tr className="border-b border-line text-xs text-ink-3 [&>th]:h-9 [&>th]:px-4 [&>th]:font-normal">
            <th scope="col">Published</th>
            <th scope="col">Data set</th>
            <th scope="col" className="text-right">
              Value
            </th>
            <th scope="col">Source</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr
              key={`${row.label}/${row.dataset}`}
              className="border-b border-line text-ink-2 last:border-0 [&>td]:px-4 [&>td]:py-2"
            >
              <td className="italic">{row.label}</td>
              <td>{row.dataset}</td>
              <td className="text-right">{formatScore(row.value, unit)}</td>
              <td className="text-sm">{row.source}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Sheet>
  );
}
