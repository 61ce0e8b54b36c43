"use client";

import type { Run } from "@retort/api";
import { formatCount, formatScore, type ScoreUnit } from "../../format/number.ts";
import { toWords } from "../../format/words.ts";
import { cx } from "../../ui/class-names.ts";
import { Sheet } from "../../ui/panel.tsx";
import { type EvaluationGroup, fullCondition } from "./conditions.ts";

/** Metrics of one data set, a column a condition, the headline first. */
export function EvaluationTable({ group, headline }: { group: EvaluationGroup; headline: Run["headline"] }) {
  const { evaluations } = group;
  const names = [...new Set(evaluations.flatMap(({ metrics }) => Object.keys(metrics)))].sort(
    (a, b) => Number(b === headline?.metric) - Number(a === headline?.metric) || a.localeCompare(b),
  );
  const values = evaluations.flatMap(({ metrics }) => Object.values(metrics));
  return (
    <Sheet className="scroll-shadow">
      <table className="w-full text-left" aria-label={`Metrics on ${group.dataset}`}>
        <thead>
          <tr className="border-b border-line text-xs text-ink-3 [&>th]:h-9 [&>th]:px-4 [&>th]:font-normal">
            <th scope="col">Metric</th>
            {evaluations.map(({ id, condition, numSamples }) => (
              <th key={id} scope="col" className="text-right whitespace-nowrap">
                {condition === fullCondition ? toWords(condition) : `Control: ${toWords(condition).toLowerCase()}`}
                <span className="sr-only">, {formatCount(numSamples)} samples</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {names.map((name) => {
            const isHeadline = name === headline?.metric;
            const unit: ScoreUnit = isHeadline
              ? headline!.unit
              : values.every((value) => value >= 0 && value <= 1)
                ? "fraction"
                : "points";
            return (
              <tr key={name} className="border-b border-line last:border-0 [&>*]:px-4 [&>*]:py-1.5">
                <th scope="row" className={cx("text-sm", isHeadline ? "font-semibold" : "font-normal text-ink-2")}>
                  {toWords(name)}
                </th>
                {evaluations.map(({ id, metrics }) => (
                  <td key={id} className={cx("text-right text-sm", isHeadline && "font-semibold")}>
                    {metrics[name] === undefined ? "–" : formatScore(metrics[name], unit)}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </Sheet>
  );
}
