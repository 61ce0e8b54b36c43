"use client";

import type { LeaderboardMatrix } from "@retort/api";
import { useQuery } from "@tanstack/react-query";
import { Check, Plus } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { formatScore, formatSpread, type ScoreUnit, scoreUnit } from "../../format/number.ts";
import { toWords } from "../../format/words.ts";
import { useTRPC } from "../../trpc/client.tsx";
import { cx } from "../../ui/class-names.ts";
import { Problem } from "../../ui/problem.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { type Order, SortHead, Table } from "../../ui/table.tsx";
import { compareHref } from "../compare/limits.ts";
import type { Change } from "../launch/form/value.ts";
import { ChangedParams } from "../runs/changed-params.tsx";
import { configurationName } from "./standings.ts";

type Column = LeaderboardMatrix["columns"][number] & { index: number };

/** Configurations against every data set and whichever metrics are picked; the best of a column is bold. */
export function MatrixTable({
  recipe,
  changesOf,
}: {
  recipe: string;
  changesOf(run: { recipe: string; params: unknown }): Change[] | null;
}) {
  const trpc = useTRPC();
  const matrix = useQuery(trpc.leaderboard.matrix.queryOptions({ recipe }, { refetchInterval: 10_000 }));
  const [picked, setPicked] = useState<readonly string[] | null>(null);
  const [order, setOrder] = useState<Order<number> | null>(null);
  if (matrix.error !== null) return <Problem error={matrix.error} onRetry={() => void matrix.refetch()} />;
  if (matrix.data === undefined) return <Skeleton className="h-72" />;
  const { columns, rows, headline } = matrix.data;
  const metrics = [...new Set(columns.map(({ metric }) => metric))].sort(
    (a, b) => Number(b === headline.metric) - Number(a === headline.metric) || a.localeCompare(b),
  );
  const shownMetrics = picked ?? metrics.slice(0, 1);
  const shown = columns
    .map((column, index): Column => ({ ...column, index }))
    .filter(({ metric }) => shownMetrics.includes(metric))
    .sort((a, b) => a.dataset.localeCompare(b.dataset) || metrics.indexOf(a.metric) - metrics.indexOf(b.metric));
  const unitOf = (metric: string): ScoreUnit => {
    if (metric === headline.metric) return headline.unit;
    const own = columns.flatMap((column, index) => (column.metric === metric ? [index] : []));
    return scoreUnit(
      metric,
      rows.flatMap(({ cells }) => own.flatMap((index) => cells[index]?.mean ?? [])),
    );
  };
  const isHigherBetter = (metric: string) => metric !== headline.metric || headline.higherIsBetter;
  const sorted = order ?? {
    key: shown[0]?.index ?? 0,
    descending: isHigherBetter(shown[0]?.metric ?? headline.metric),
  };
  const ranked = rows.toSorted((a, b) => {
    const [left, right] = [a.cells[sorted.key]?.mean, b.cells[sorted.key]?.mean];
    if (left === undefined || right === undefined) return Number(left === undefined) - Number(right === undefined);
    return sorted.descending ? right - left : left - right;
  });
  const best = new Map(
    shown.map(({ index, metric }) => {
      const means = rows.flatMap(({ cells }) => cells[index]?.mean ?? []);
      return [index, isHigherBetter(metric) ? Math.max(...means) : Math.min(...means)] as const;
    }),
  );
  const toggle = (metric: string) =>
    setPicked(metrics.filter((each) => (each === metric ? !shownMetrics.includes(each) : shownMetrics.includes(each))));
  return (
    <>
      <fieldset aria-label="Metrics shown" className="mb-4 flex flex-wrap gap-1.5">
        {metrics.map((metric) => {
          const isShown = shownMetrics.includes(metric);
          return (
            <button
              key={metric}
              type="button"
              aria-pressed={isShown}
              onClick={() => toggle(metric)}
              className={cx(
                "inline-flex h-8 items-center gap-1.5 rounded-md border px-2.5 text-sm",
                isShown ? "border-ink bg-surface font-medium" : "border-dashed border-control text-ink-2",
              )}
            >
              {isShown ? <Check aria-hidden className="size-3.5" /> : <Plus aria-hidden className="size-3.5" />}
              {toWords(metric)}
            </button>
          );
        })}
      </fieldset>
      <Table
        label="Configurations by data set and metric"
        head={
          <>
            <th scope="col" className="min-w-52">
              Configuration
            </th>
            {shown.map(({ index, dataset, split, metric }) => (
              <SortHead
                key={index}
                sortBy={index}
                order={sorted}
                onOrder={setOrder}
                firstDescending={isHigherBetter(metric)}
                title={`${dataset}, ${split} split`}
                className="text-right"
              >
                <span className="flex flex-col items-end">
                  {dataset}
                  {shownMetrics.length > 1 && <span className="font-normal">{toWords(metric)}</span>}
                </span>
              </SortHead>
            ))}
          </>
        }
      >
        {ranked.map((row) => (
          <tr key={row.configKey}>
            <th scope="row" className="max-w-72 font-normal">
              <span className="block truncate font-medium">{configurationName(row)}</span>
              <span className="block text-xs">
                <ChangedParams changes={changesOf({ recipe, params: row.params })} />
              </span>
            </th>
            {shown.map(({ index, metric }) => {
              const cell = row.cells[index] ?? null;
              if (cell === null) {
                return (
                  <td key={index} className="text-right text-ink-3">
                    –
                  </td>
                );
              }
              const unit = unitOf(metric);
              return (
                <td key={index} className="text-right whitespace-nowrap">
                  <Link
                    href={cell.runIds.length === 1 ? `/runs/${cell.runIds[0]}` : compareHref(cell.runIds)}
                    title={cell.runIds.length === 1 ? "The run" : `The ${cell.runIds.length} seeds side by side`}
                    className={cx("hover:underline", cell.mean === best.get(index) && "font-semibold")}
                  >
                    {formatScore(cell.mean, unit)}
                  </Link>
                  <span className="block text-xs text-ink-3">
                    {cell.std === null ? "one seed" : `± ${formatSpread(cell.std, unit)}, n ${cell.n}`}
                  </span>
                </td>
              );
            })}
          </tr>
        ))}
      </Table>
    </>
  );
}
