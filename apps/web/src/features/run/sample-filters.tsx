"use client";

import type { SampleFacet } from "@retort/api";
import { useQuery } from "@tanstack/react-query";
import { formatCount } from "../../format/number.ts";
import { toWords } from "../../format/words.ts";
import { useTRPC } from "../../trpc/client.tsx";

export type SampleOrder = "index" | "worst" | "best";

/** Fields of the details that a person filters by; numbers such as a score are for sorting. */
function isKind({ values }: SampleFacet): boolean {
  return !values.every(({ value }) => Number.isFinite(Number(value)));
}

/** Narrows samples down by what their details say (category, defect, kind of answer) and sorts them. */
export function SampleFilters(props: {
  evaluationId: string;
  fields: Readonly<Record<string, string>>;
  onFields(fields: Record<string, string>): void;
  order: SampleOrder;
  onOrder(order: SampleOrder): void;
}) {
  const { evaluationId, fields, onFields, order, onOrder } = props;
  const trpc = useTRPC();
  const facets = useQuery(
    trpc.evaluations.facets.queryOptions({ evaluationId }, { staleTime: Number.POSITIVE_INFINITY }),
  );
  const choose = (key: string, value: string) => {
    const { [key]: _, ...others } = fields;
    onFields(value === "" ? others : { ...others, [key]: value });
  };
  const look = "select h-8 max-w-60 rounded-md border border-control bg-surface pl-2.5 text-sm text-ink";
  return (
    <>
      {facets.data?.filter(isKind).map((facet) => (
        <label key={facet.key} className="flex items-center gap-1.5 text-sm text-ink-2">
          {toWords(facet.key)}
          <select
            value={fields[facet.key] ?? ""}
            onChange={(event) => choose(facet.key, event.target.value)}
            className={look}
          >
            <option value="">all</option>
            {facet.values.map(({ value, n, meanScore }) => (
              <option key={value} value={value}>
                {value} ({formatCount(n)}, mean {meanScore.toFixed(2)})
              </option>
            ))}
          </select>
        </label>
      ))}
      <label className="flex items-center gap-1.5 text-sm text-ink-2">
        Sorted
        <select value={order} onChange={(event) => onOrder(event.target.value as SampleOrder)} className={look}>
          <option value="index">as evaluated</option>
          <option value="worst">worst first</option>
          <option value="best">best first</option>
        </select>
      </label>
    </>
  );
}
