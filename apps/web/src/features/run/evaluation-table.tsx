"use client";

import type { Run } from "@retort/api";
import { formatCount, formatScore, scoreUnit } from "../../format/number.ts";
import { toWords } from "../../format/words.ts";
import { cx } from "../../ui/class-names.ts";
import { Table } from "../../ui/table.tsx";
import { type EvaluationGroup, evaluationLabel } from "./conditions.ts";

/** Metrics of one data set, a column a condition, the headline first. */
export function EvaluationTable({ group, headline }: { group: EvaluationGroup; headline: Run["headline"] }) {
  const { evaluations } = group;
  const names = [...new Set(evaluations.flatMap(({ metrics }) => Object.keys(metrics)))].sort(
    (a, b) => Number(b === headline?.metric) - Number(a === headline?.metric) || a.localeCompare(b),
  );
  return (
    <Table
      label={`Metrics on ${group.dataset}`}
      head={
        <>
          <th scope="col">Metric</th>
          {evaluations.map((evaluation) => (
            <th key={evaluation.id} scope="col" className="text-right">
              {evaluationLabel(evaluation, group)}
              <span className="sr-only">, {formatCount(evaluation.numSamples)} samples</span>
            </th>
          ))}
        </>
      }
    >
      {names.map((name) => {
        const isHeadline = name === headline?.metric;
        const values = evaluations.flatMap(({ metrics }) => metrics[name] ?? []);
        const unit = isHeadline ? headline!.unit : scoreUnit(name, values);
        return (
          <tr key={name}>
            <th scope="row" className={isHeadline ? "font-semibold" : "font-normal text-ink-2"}>
              {toWords(name)}
            </th>
            {evaluations.map(({ id, metrics }) => (
              <td key={id} className={cx("text-right", isHeadline && "font-semibold")}>
                {metrics[name] === undefined ? "–" : formatScore(metrics[name], unit)}
              </td>
            ))}
          </tr>
        );
      })}
    </Table>
  );
}
