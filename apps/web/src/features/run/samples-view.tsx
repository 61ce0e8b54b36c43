"use client";

import type { Evaluation, Run } from "@retort/api";
import { keepPreviousData, useQueries, useQuery } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { useMemo, useState } from "react";
import { formatCount } from "../../format/number.ts";
import { useTRPC } from "../../trpc/client.tsx";
import { Button } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { Empty } from "../../ui/empty.tsx";
import { Problem } from "../../ui/problem.tsx";
import { Segments } from "../../ui/segments.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { type EvaluationGroup, evaluationGroups, evaluationName } from "./conditions.ts";
import { isDetection } from "./detection-card.tsx";
import { EvaluationTable } from "./evaluation-table.tsx";
import { SampleCard } from "./sample-card.tsx";
import { SampleFilters, type SampleOrder } from "./sample-filters.tsx";

const pageSize = 24;
type Filter = "pictured" | "all" | "wrong";

/** What a run's evaluations measured, and the samples behind the numbers. */
export function SamplesView({ run }: { run: Run }) {
  const groups = evaluationGroups(run.evaluations);
  if (groups.length === 0) {
    return (
      <Empty title="No evaluation yet">
        {run.finishedAt === null
          ? "Scores and samples appear here as soon as an evaluation stage has finished."
          : "No evaluation stage of this run has finished."}
      </Empty>
    );
  }
  return (
    <div className="flex flex-col gap-10">
      {groups.map((group) => (
        <section key={group.id} aria-label={group.dataset}>
          <p className="mb-3 text-sm text-ink-2">
            <span className="font-medium text-ink">{group.dataset}</span>, {group.split} split
            {/* A mean over other data sets has none of its own. */}
            {numSamples(group) > 0 && (
              <>
                , <span className="numeric">{formatCount(numSamples(group))}</span> samples
              </>
            )}
          </p>
          <div className={cx(group.evaluations.length <= 3 && "max-w-3xl")}>
            <EvaluationTable group={group} headline={run.headline} />
          </div>
          {numSamples(group) > 0 && <Samples group={group} />}
        </section>
      ))}
    </div>
  );
}

function numSamples({ evaluations }: EvaluationGroup): number {
  return evaluations[0]!.numSamples;
}

function Samples({ group }: { group: EvaluationGroup }) {
  const trpc = useTRPC();
  const [filter, setFilter] = useState<Filter>("pictured");
  const [page, setPage] = useState(0);
  const [fields, setFields] = useState<Record<string, string>>({});
  const [order, setOrder] = useState<SampleOrder>("index");
  const [main, ...controls] = group.evaluations;
  const samples = useQuery(
    trpc.evaluations.samples.queryOptions(
      {
        evaluationId: main!.id,
        offset: page * pageSize,
        limit: pageSize,
        onlyWrong: filter === "wrong",
        onlyWithImage: filter === "pictured",
        fields,
        order,
      },
      { placeholderData: keepPreviousData, staleTime: Number.POSITIVE_INFINITY },
    ),
  );
  const pictures = usePictures(
    main!.id,
    samples.data?.samples.some(({ imageSha256 }) => imageSha256 === null) ?? false,
  );
  const shown =
    samples.data?.samples.map((sample) => ({
      ...sample,
      imageSha256: sample.imageSha256 ?? pictures.get(sample.clusterId) ?? null,
    })) ?? [];
  const total = samples.data?.total ?? 0;
  const numPages = Math.max(1, Math.ceil(total / pageSize));
  return (
    <>
      <div className="mt-6 mb-3 flex flex-wrap items-center gap-x-4 gap-y-2">
        <Segments
          label="Samples shown"
          value={filter}
          onChange={(value) => {
            setFilter(value);
            setPage(0);
          }}
          options={[
            { value: "pictured", label: "With picture" },
            { value: "wrong", label: "Only wrong" },
            { value: "all", label: "All" },
          ]}
        />
        <SampleFilters
          evaluationId={main!.id}
          fields={fields}
          onFields={(next) => {
            setFields(next);
            setPage(0);
          }}
          order={order}
          onOrder={(next) => {
            setOrder(next);
            setPage(0);
          }}
        />
        <span className="text-sm text-ink-3 numeric">{formatCount(total)} samples</span>
        <div className="ml-auto flex items-center gap-1">
          <Button
            size="icon"
            look="quiet"
            aria-label="Previous page"
            disabled={page === 0}
            onClick={() => setPage(page - 1)}
          >
            <ChevronLeft />
          </Button>
          <span className="min-w-20 text-center text-sm text-ink-2 numeric">
            {page + 1} / {formatCount(numPages)}
          </span>
          <Button
            size="icon"
            look="quiet"
            aria-label="Next page"
            disabled={page + 1 >= numPages}
            onClick={() => setPage(page + 1)}
          >
            <ChevronRight />
          </Button>
        </div>
      </div>
      {samples.error !== null ? (
        <Problem error={samples.error} onRetry={() => void samples.refetch()} />
      ) : samples.data === undefined ? (
        <Skeleton className="h-96" />
      ) : shown.length === 0 ? (
        <Empty title={filter === "wrong" ? "No wrong answer" : "No sample"}>
          {filter === "pictured"
            ? "No pictures were kept of such samples; All shows those without."
            : filter === "wrong"
              ? "Every such sample scored at least one half."
              : "No sample is like that."}
        </Empty>
      ) : (
        <WithControls controls={controls} sampleIds={shown.map(({ sampleId }) => sampleId)}>
          {(given) => (
            <ul
              aria-label="Samples"
              className={cx(
                "grid grid-cols-1 gap-3",
                shown.some(isDetection) ? "lg:grid-cols-2" : "sm:grid-cols-2 xl:grid-cols-3",
                samples.isPlaceholderData && "opacity-60",
              )}
            >
              {shown.map((sample) => (
                <SampleCard
                  key={sample.index}
                  sample={sample}
                  label={evaluationName(main!, group)}
                  controls={controls.map((control, at) => ({
                    label: evaluationName(control, group),
                    sample: given[at]?.get(sample.sampleId) ?? null,
                  }))}
                />
              ))}
            </ul>
          )}
        </WithControls>
      )}
    </>
  );
}

/** Pictures by cluster: several questions are about one picture, and it is kept with the first of them. */
function usePictures(evaluationId: string, enabled: boolean): ReadonlyMap<string, string> {
  const trpc = useTRPC();
  const pictured = useQuery(
    trpc.evaluations.samples.queryOptions(
      { evaluationId, limit: 5_000, onlyWithImage: true },
      { enabled, staleTime: Number.POSITIVE_INFINITY },
    ),
  );
  return useMemo(
    () => new Map(pictured.data?.samples.map(({ clusterId, imageSha256 }) => [clusterId, imageSha256!])),
    [pictured.data],
  );
}

type Sample = React.ComponentProps<typeof SampleCard>["sample"];

/** Fetches the same samples as answered under the controls. */
function WithControls({
  controls,
  sampleIds,
  children,
}: {
  controls: readonly Evaluation[];
  sampleIds: string[];
  children(given: ReadonlyMap<string, Sample>[]): React.ReactNode;
}) {
  const trpc = useTRPC();
  const found = useQueries({
    queries: controls.map(({ id }) =>
      trpc.evaluations.samples.queryOptions(
        { evaluationId: id, limit: sampleIds.length, sampleIds },
        { placeholderData: keepPreviousData, staleTime: Number.POSITIVE_INFINITY },
      ),
    ),
  });
  return children(found.map(({ data }) => new Map(data?.samples.map((sample) => [sample.sampleId, sample]))));
}
