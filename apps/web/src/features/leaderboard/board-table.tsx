"use client";

import type { LeaderboardRow } from "@retort/api";
import { useQuery } from "@tanstack/react-query";
import { ChevronRight } from "lucide-react";
import Link from "next/link";
import { type ReactNode, useState } from "react";
import { formatCount, formatScore, formatSpread, type ScoreUnit } from "../../format/number.ts";
import { toWords } from "../../format/words.ts";
import { useTRPC } from "../../trpc/client.tsx";
import { cx } from "../../ui/class-names.ts";
import { Problem } from "../../ui/problem.tsx";
import { Table } from "../../ui/table.tsx";
import { DifferenceText } from "../compare/difference.tsx";
import type { Change } from "../launch/form/value.ts";
import { fullCondition } from "../run/conditions.ts";
import { ChangedParams } from "../runs/changed-params.tsx";
import { Spread } from "./spread.tsx";
import { type Board, configurationName, type Standing } from "./standings.ts";

interface TableProps {
  board: Board;
  unit: ScoreUnit;
  label: string;
  recipe: string;
  metric: string;
  higherIsBetter: boolean;
  changesOf(run: { recipe: string; params: unknown }): Change[] | null;
}

/** Configurations best first, each with its seeds to unfold and its controls below it; differences to one that is picked. */
export function BoardTable({ board, unit, label, recipe, metric, higherIsBetter, changesOf }: TableProps) {
  const trpc = useTRPC();
  const [baselineId, setBaselineId] = useState("");
  const comparable = board.standings.filter(({ full }) => full.condition === fullCondition);
  const baseline = comparable.find(({ id }) => id === baselineId);
  const others = comparable.filter(({ id }) => id !== baselineId);
  const compared = useQuery(
    trpc.evaluations.compare.queryOptions(
      {
        dataset: board.dataset,
        split: board.split,
        metric,
        baseline: baseline?.full.runIds ?? [],
        others: others.slice(0, 200).map(({ id, full }) => ({ id, runIds: full.runIds })),
      },
      { enabled: baseline !== undefined && others.length > 0, staleTime: 30_000 },
    ),
  );
  const differences =
    baseline === undefined ? null : new Map(compared.data?.map((comparison) => [comparison.id, comparison]));
  return (
    <>
      {comparable.length > 1 && (
        <label className="mb-3 flex w-fit max-w-full flex-wrap items-center gap-2 text-sm text-ink-2">
          Paired difference to
          <select
            value={baselineId}
            onChange={(event) => setBaselineId(event.target.value)}
            className="select h-8 max-w-72 min-w-0 rounded-md border border-control bg-surface pl-2.5 text-sm text-ink"
          >
            <option value="">no baseline</option>
            {comparable.map(({ id, full }, index) => (
              <option key={id} value={id}>
                {index + 1}. {configurationName(full)}
              </option>
            ))}
          </select>
        </label>
      )}
      {compared.error !== null && <Problem error={compared.error} onRetry={() => void compared.refetch()} />}
      <Table
        label={`${label} on ${board.dataset}`}
        head={
          <>
            <th scope="col" className="w-12 text-right">
              Rank
            </th>
            <th scope="col">Configuration</th>
            <th scope="col" className="max-md:hidden">
              Input
            </th>
            <th scope="col" className="w-16 text-right">
              Seeds
            </th>
            <th scope="col" className="text-right md:w-40">
              {label}
              <span className="max-md:hidden">, mean ± std</span>
            </th>
            {differences !== null && (
              <th scope="col" className="text-right">
                Difference, 95 % interval
              </th>
            )}
            <th scope="col" className="w-[22%] max-md:hidden">
              <span className="flex justify-between">
                <span>{formatScore(board.lowest, unit)}</span>
                <span>{formatScore(board.highest, unit)}</span>
              </span>
            </th>
          </>
        }
      >
        {board.standings.map((standing, index) => (
          <StandingRows
            key={standing.id}
            standing={standing}
            rank={index + 1}
            board={board}
            unit={unit}
            changes={changesOf({ recipe, params: standing.full.params })}
            difference={
              differences === null ? null : standing.id === baselineId ? (
                <span className="text-ink-3">baseline</span>
              ) : (
                <DifferenceText comparison={differences.get(standing.id)} unit={unit} higherIsBetter={higherIsBetter} />
              )
            }
          />
        ))}
      </Table>
    </>
  );
}

function StandingRows({
  standing,
  rank,
  board,
  unit,
  changes,
  difference,
}: {
  standing: Standing;
  rank: number;
  board: Board;
  unit: ScoreUnit;
  changes: Change[] | null;
  /** Null while there is no baseline: the table has no such column then. */
  difference: ReactNode;
}) {
  const [open, setOpen] = useState(false);
  const { full, controls } = standing;
  const runsId = `runs-${full.configKey.slice(0, 12)}-${board.dataset}`;
  return (
    <>
      <tr data-standing={full.configKey}>
        <td className="text-right text-ink-2">{rank}</td>
        <td className="max-w-0 md:min-w-56">
          <button
            type="button"
            aria-expanded={open}
            aria-controls={runsId}
            onClick={() => setOpen(!open)}
            className="flex max-w-full items-baseline gap-1.5 text-left font-medium"
          >
            <ChevronRight
              aria-hidden
              className={cx("size-4 shrink-0 self-center text-ink-3 transition-transform", open && "rotate-90")}
            />
            <span className="min-w-0 break-words md:truncate">{configurationName(full)}</span>
          </button>
          <span className="mt-0.5 block pl-[1.4rem] text-xs text-ink-3">
            <ChangedParams changes={changes} />
          </span>
        </td>
        <MeasuredCells
          row={full}
          board={board}
          unit={unit}
          isControl={full.condition !== fullCondition}
          difference={difference}
        />
      </tr>
      {open && (
        <tr id={runsId} className="bg-sunken/60">
          <td />
          <td colSpan={difference === null ? 5 : 6}>
            <ul aria-label="Runs" className="flex flex-wrap gap-x-6 gap-y-1 pl-[1.4rem] text-sm">
              {full.runIds.map((runId, index) => (
                <li key={runId}>
                  <Link
                    href={`/runs/${runId}`}
                    className="underline decoration-line-strong underline-offset-2 hover:decoration-ink"
                  >
                    Run with seed <span className="numeric">{full.seeds[index]}</span>
                  </Link>
                </li>
              ))}
              <li className="text-ink-3 numeric">
                {formatCount(full.numSamples)} samples, from {formatScore(full.min, unit)} to{" "}
                {formatScore(full.max, unit)}
              </li>
            </ul>
          </td>
        </tr>
      )}
      {controls.map((control) => (
        <tr key={control.condition} className="text-ink-2" data-control={control.condition}>
          <td />
          <td className="text-sm">
            <span className="block pl-[1.4rem]">control: {toWords(control.condition).toLowerCase()}</span>
          </td>
          <MeasuredCells
            row={control}
            board={board}
            unit={unit}
            isControl
            difference={difference === null ? null : <span />}
          />
        </tr>
      ))}
    </>
  );
}

function MeasuredCells({
  row,
  board,
  unit,
  isControl,
  difference,
}: {
  row: LeaderboardRow;
  board: Board;
  unit: ScoreUnit;
  isControl: boolean;
  difference: ReactNode;
}) {
  return (
    <>
      <td className="whitespace-nowrap max-md:hidden">
        {isControl ? (
          <span className="rounded-sm border border-dashed border-control px-1.5 py-0.5 text-xs">
            {toWords(row.condition)}
          </span>
        ) : (
          <span className="text-sm text-ink-2">{toWords(row.condition)}</span>
        )}
      </td>
      <td className="text-right">{row.n}</td>
      <td className="text-right md:whitespace-nowrap">
        <span className={cx("whitespace-nowrap", !isControl && "font-semibold")}>{formatScore(row.mean, unit)}</span>{" "}
        <span className="text-sm whitespace-nowrap text-ink-3">
          {row.std === null ? "one seed" : `± ${formatSpread(row.std, unit)}`}
        </span>
      </td>
      {difference !== null && <td className="text-right text-sm">{difference}</td>}
      <td className="max-md:hidden">
        <Spread row={row} lowest={board.lowest} highest={board.highest} hollow={isControl} />
      </td>
    </>
  );
}
