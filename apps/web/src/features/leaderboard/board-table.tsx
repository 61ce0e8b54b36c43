"use client";

import type { Leaderboard, LeaderboardRow } from "@retort/api";
import { ChevronRight } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { formatCount, formatScore, formatSpread, type ScoreUnit } from "../../format/number.ts";
import { toWords } from "../../format/words.ts";
import { cx } from "../../ui/class-names.ts";
import { Sheet } from "../../ui/panel.tsx";
import type { Change } from "../launch/form/value.ts";
import { ChangedParams } from "../runs/changed-params.tsx";
import { Spread } from "./spread.tsx";
import type { Board, Standing } from "./standings.ts";

interface TableProps {
  board: Board;
  unit: ScoreUnit;
  label: string;
  recipe: string;
  changesOf(run: { recipe: string; params: unknown }): Change[] | null;
}

/** Configurations best first, each with its seeds to unfold and its controls below it. */
export function BoardTable({ board, unit, label, recipe, changesOf }: TableProps) {
  return (
    <Sheet className="scroll-shadow">
      <table aria-label={`${label} on ${board.dataset}`} className="w-full text-left">
        <thead>
          <tr className="border-b border-line text-xs text-ink-3 [&>th]:h-9 [&>th]:px-3 [&>th]:font-normal [&>th]:whitespace-nowrap">
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
            <th scope="col" className="w-[22%] max-md:hidden">
              <span className="flex justify-between">
                <span>{formatScore(board.lowest, unit)}</span>
                <span>{formatScore(board.highest, unit)}</span>
              </span>
            </th>
          </tr>
        </thead>
        <tbody>
          {board.standings.map((standing, index) => (
            <StandingRows
              key={standing.id}
              standing={standing}
              rank={index + 1}
              board={board}
              unit={unit}
              changes={changesOf({ recipe, params: standing.full.params })}
            />
          ))}
        </tbody>
      </table>
    </Sheet>
  );
}

function StandingRows({
  standing,
  rank,
  board,
  unit,
  changes,
}: {
  standing: Standing;
  rank: number;
  board: Board;
  unit: ScoreUnit;
  changes: Change[] | null;
}) {
  const [open, setOpen] = useState(false);
  const { full, controls } = standing;
  const runsId = `runs-${full.configKey.slice(0, 12)}-${board.dataset}`;
  return (
    <>
      <tr className="border-b border-line last:border-0 [&>td]:px-3 [&>td]:py-2.5" data-standing={full.configKey}>
        <td className="text-right text-ink-2">{rank}</td>
        <td className="max-w-0 md:min-w-56">
          <button
            type="button"
            aria-expanded={open}
            aria-controls={runsId}
            onClick={() => setOpen(!open)}
            className="flex max-w-full items-center gap-1.5 text-left font-medium"
          >
            <ChevronRight
              aria-hidden
              className={cx("size-4 shrink-0 text-ink-3 transition-transform", open && "rotate-90")}
            />
            <span className="truncate">{full.name.replace(/ \(seed \d+\)$/, "")}</span>
          </button>
          <span className="mt-0.5 block pl-[1.4rem] text-xs text-ink-3">
            <ChangedParams changes={changes} />
          </span>
        </td>
        <MeasuredCells row={full} board={board} unit={unit} isControl={full.condition !== "full"} />
      </tr>
      {open && (
        <tr id={runsId} className="border-b border-line bg-sunken/60">
          <td />
          <td colSpan={5} className="px-3 py-2">
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
        <tr
          key={control.condition}
          className="border-b border-line text-ink-2 last:border-0 [&>td]:px-3 [&>td]:py-1.5"
          data-control={control.condition}
        >
          <td />
          <td className="text-sm">
            <span className="block pl-[1.4rem]">control: {toWords(control.condition).toLowerCase()}</span>
          </td>
          <MeasuredCells row={control} board={board} unit={unit} isControl />
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
}: {
  row: LeaderboardRow;
  board: Board;
  unit: ScoreUnit;
  isControl: boolean;
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
      <td className="max-md:hidden">
        <Spread row={row} lowest={board.lowest} highest={board.highest} hollow={isControl} />
      </td>
    </>
  );
}

/** What others published: beside the measured rows, never among them. */
export function PublishedTable({
  rows,
  unit,
  label,
}: {
  rows: Leaderboard["published"];
  unit: ScoreUnit;
  label: string;
}) {
  return (
    <Sheet className="scroll-shadow border-dashed">
      <table aria-label="Published elsewhere" className="w-full text-left">
        <thead>
          <tr className="border-b border-line text-xs text-ink-3 [&>th]:h-9 [&>th]:px-4 [&>th]:font-normal">
            <th scope="col">Published</th>
            <th scope="col">Data set</th>
            <th scope="col" className="text-right">
              {label}
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
