"use client";

import type { Evaluation, Run } from "@retort/api";
import { useQuery } from "@tanstack/react-query";
import { formatCount, formatScore, scoreUnit } from "../../format/number.ts";
import { toWords } from "../../format/words.ts";
import { useTRPC } from "../../trpc/client.tsx";
import { cx } from "../../ui/class-names.ts";
import { Panel } from "../../ui/panel.tsx";
import { Table } from "../../ui/table.tsx";
import { fullCondition } from "../run/conditions.ts";
import { DifferenceText } from "./difference.tsx";
import { RunHeads } from "./run-heads.tsx";

interface Measured {
  id: string;
  dataset: string;
  split: string;
  condition: string;
  numSamples: number;
  /** One a run, in their order. */
  metrics: (Record<string, number> | undefined)[];
}

/** What each run reached, and how far each lies from the first, with its interval. */
export function EvaluationDifferences({ runs }: { runs: readonly Run[] }) {
  const groups = measuredBy(runs);
  if (groups.length === 0) {
    return (
      <Panel id="results" title="Results">
        <p className="text-sm text-ink-2">None of these runs has finished an evaluation yet.</p>
      </Panel>
    );
  }
  return groups.map((group) => (
    <Panel
      key={group.id}
      id={`results-${group.id}`}
      title={
        group.condition === fullCondition
          ? group.dataset
          : `${group.dataset}, control: ${toWords(group.condition).toLowerCase()}`
      }
      note={`${group.split} split${group.numSamples > 0 ? `, ${formatCount(group.numSamples)} samples` : ""}`}
    >
      <GroupTable group={group} runs={runs} />
    </Panel>
  ));
}

function GroupTable({ group, runs }: { group: Measured; runs: readonly Run[] }) {
  const trpc = useTRPC();
  const names = [...new Set(group.metrics.flatMap((metrics) => Object.keys(metrics ?? {})))];
  const headlines = new Set(runs.map(({ headline }) => headline?.metric));
  names.sort((a, b) => Number(headlines.has(b)) - Number(headlines.has(a)) || a.localeCompare(b));
  const [main] = names;
  const headline = runs.find(({ headline }) => headline?.metric === main)?.headline ?? null;
  const [baseline, ...others] = runs;
  const compared = useQuery(
    trpc.evaluations.compare.queryOptions(
      {
        dataset: group.dataset,
        split: group.split,
        condition: group.condition,
        metric: main ?? "",
        baseline: [baseline!.id],
        others: others.map(({ id }) => ({ id, runIds: [id] })),
      },
      { enabled: main !== undefined && group.metrics[0] !== undefined },
    ),
  );
  const byRun = new Map(compared.data?.map((comparison) => [comparison.id, comparison]));
  const unitOf = (name: string) =>
    name === headline?.metric
      ? headline.unit
      : scoreUnit(
          name,
          group.metrics.flatMap((metrics) => metrics?.[name] ?? []),
        );
  return (
    <Table label={`Results on ${group.dataset}`} head={<RunHeads runs={runs} first="Metric" />}>
      {names.map((name) => (
        <tr key={name}>
          <th scope="row" className={name === main ? "font-semibold" : "font-normal text-ink-2"}>
            {toWords(name)}
          </th>
          {group.metrics.map((metrics, index) => (
            <td key={runs[index]!.id} className={cx("text-right", name === main && "font-semibold")}>
              {metrics?.[name] === undefined ? (
                <span className="text-ink-3">–</span>
              ) : (
                formatScore(metrics[name], unitOf(name))
              )}
            </td>
          ))}
        </tr>
      ))}
      {main !== undefined && (
        <tr className="bg-sunken/60">
          <th scope="row" className="font-normal text-ink-2">
            {toWords(main)} above baseline
            <span className="block text-xs text-ink-3">paired, 95 % interval</span>
          </th>
          {runs.map((run, index) => (
            <td key={run.id} className="text-right">
              {index === 0 ? (
                <span className="text-ink-3">baseline</span>
              ) : (
                <DifferenceText
                  comparison={byRun.get(run.id)}
                  unit={unitOf(main)}
                  higherIsBetter={headline?.higherIsBetter ?? true}
                />
              )}
            </td>
          ))}
        </tr>
      )}
    </Table>
  );
}

/** Evaluations of the same data under the same condition together; "full" before the controls. */
function measuredBy(runs: readonly Run[]): Measured[] {
  const groups = new Map<string, Measured>();
  runs.forEach((run, index) => {
    for (const { dataset, split, condition, metrics, numSamples } of run.evaluations) {
      const id = `${dataset}/${split}/${condition}`;
      const group: Measured = groups.get(id) ?? {
        id,
        dataset,
        split,
        condition,
        numSamples,
        metrics: runs.map(() => undefined),
      };
      group.metrics[index] = metrics;
      groups.set(id, group);
    }
  });
  const rank = ({ condition }: Pick<Evaluation, "condition">) => Number(condition !== fullCondition);
  return [...groups.values()].sort((a, b) => rank(a) - rank(b) || a.id.localeCompare(b.id));
}
