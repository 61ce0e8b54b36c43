"use client";

import type { Stage } from "@retort/api";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useTRPC } from "../../trpc/client.tsx";
import { CopyButton } from "../../ui/copy.tsx";
import { Panel, Sheet } from "../../ui/panel.tsx";
import { Problem } from "../../ui/problem.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { changesFrom } from "../launch/form/value.ts";
import { NearStages } from "./near-stages.tsx";

/** Why a stage is the stage it is: the parts of its content key, and every run that uses it. */
export function LineageView({ stage, runId }: { stage: Stage; runId: string }) {
  const trpc = useTRPC();
  const explained = useQuery(trpc.stages.explain.queryOptions({ stageId: stage.id }));
  if (explained.error !== null) return <Problem error={explained.error} onRetry={() => void explained.refetch()} />;
  if (explained.data === undefined) return <Skeleton className="h-72" />;
  const { contentKey, keyParts, usedBy } = explained.data;
  const others = usedBy.filter((use) => use.runId !== runId);
  return (
    <div className="grid grid-cols-1 items-start gap-8 lg:grid-cols-[minmax(0,1fr)_24rem]">
      <div className="lg:col-start-1">
        <NearStages stage={stage} />
      </div>
      <Panel className="lg:col-start-1" title={`What makes ${stage.name} this very stage`}>
        <p className="mb-3 max-w-prose text-sm text-ink-2">
          Stages with the same key are one: executed once, whoever asks. Any part below that differs makes another
          stage.
        </p>
        <Sheet>
          <dl className="text-sm">
            <div className="flex items-center justify-between gap-4 border-b border-line py-0.5 pr-1 pl-4">
              <dt>Content key</dt>
              <dd className="flex min-w-0 items-center font-mono text-xs">
                <span className="truncate">{contentKey}</span>
                <CopyButton text={contentKey} label="Copy content key" />
              </dd>
            </div>
            {changesFrom({}, keyParts).map(({ path, value }) => (
              <div
                key={path}
                className="flex items-baseline justify-between gap-6 border-b border-line px-4 py-1.5 last:border-0"
              >
                <dt className="shrink-0 font-mono text-xs leading-5 text-ink-2">{path}</dt>
                <dd className="min-w-0 truncate text-right font-mono text-xs leading-5" title={print(value)}>
                  {print(value)}
                </dd>
              </div>
            ))}
          </dl>
        </Sheet>
      </Panel>
      <Panel title="Used by" className="lg:col-start-2 lg:row-start-1">
        {others.length === 0 ? (
          <p className="text-sm text-ink-2">Only this run so far. A run that asks for the same stage will reuse it.</p>
        ) : (
          <Sheet>
            <ul aria-label="Runs that use this stage">
              {others.map((use) => (
                <li key={use.runId} className="border-b border-line px-4 py-2 text-sm last:border-0">
                  <Link href={`/runs/${use.runId}`} className="font-medium hover:underline">
                    {use.runName}
                  </Link>
                  <span className="text-ink-3">{use.reused ? ", reused it" : ", asked for it first"}</span>
                </li>
              ))}
            </ul>
          </Sheet>
        )}
      </Panel>
    </div>
  );
}

function print(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
