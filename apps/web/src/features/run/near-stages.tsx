"use client";

import type { NearStage, Stage } from "@retort/api";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useTRPC } from "../../trpc/client.tsx";
import { Panel, Sheet } from "../../ui/panel.tsx";
import { Problem } from "../../ui/problem.tsx";
import { ScrollRegion } from "../../ui/scroll-region.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { StatusLabel } from "../../ui/status.tsx";

/** The stages that this one is nearly the same as, and the parts of the key that keep it from being them. */
export function NearStages({ stage }: { stage: Stage }) {
  const trpc = useTRPC();
  const near = useQuery(trpc.stages.nearest.queryOptions({ stageId: stage.id, limit: 3 }));
  return (
    <Panel
      id="near"
      title={stage.reused ? "Nearly the same" : "Why it was not taken from another run"}
      note="what differs from the nearest stages"
    >
      {near.error !== null ? (
        <Problem error={near.error} onRetry={() => void near.refetch()} />
      ) : near.data === undefined ? (
        <Skeleton className="h-40" />
      ) : near.data.length === 0 ? (
        <p className="text-sm text-ink-2">It is the first stage of its kind: there was nothing to take it from.</p>
      ) : (
        <ul className="flex flex-col gap-4">
          {near.data.map((other) => (
            <NearStageItem key={other.stageId} other={other} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function NearStageItem({ other }: { other: NearStage }) {
  return (
    <li>
      <Sheet>
        <ScrollRegion label={`Differences from ${other.stageName}`} className="rounded-[inherit]">
          <table className="w-full text-left text-sm" aria-label={`Differences from ${other.stageName}`}>
            <thead>
              <tr className="border-b border-line text-xs text-ink-3 [&>th]:px-4 [&>th]:py-2 [&>th]:font-normal">
                <th scope="col" className="min-w-40">
                  <span className="mr-2 text-sm font-medium text-ink">{other.stageName}</span>
                  {other.run !== null && (
                    <Link href={`/runs/${other.run.id}?tab=lineage`} className="text-sm hover:underline">
                      of {other.run.name}
                    </Link>
                  )}
                  <StatusLabel status={other.status} className="ml-2 text-xs" />
                </th>
                <th scope="col" className="text-right">
                  Here
                </th>
                <th scope="col" className="text-right">
                  There
                </th>
              </tr>
            </thead>
            <tbody className="font-mono text-xs">
              {other.differences.map(({ path, ours, theirs }) => (
                <tr key={path} className="border-b border-line last:border-0 [&>*]:px-4 [&>*]:py-1.5">
                  <th scope="row" className="font-normal text-ink-2">
                    {wordsFor(path) ?? path}
                  </th>
                  <td className="max-w-56 truncate text-right" title={print(ours)}>
                    {print(ours)}
                  </td>
                  <td className="max-w-56 truncate text-right" title={print(theirs)}>
                    {print(theirs)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollRegion>
      </Sheet>
    </li>
  );
}

/** Parts whose names say little to those who did not write the key. */
function wordsFor(path: string): string | null {
  const [, input] = /^inputs\.(.+)\.contentKey$/.exec(path) ?? [];
  if (input !== undefined) return `${input}: comes from another stage`;
  if (path === "dataFingerprint") return "the data itself";
  if (path === "kindVersion") return "version of the stage's code";
  return path === "engine" ? "numerics of the engine" : null;
}

function print(value: unknown): string {
  if (value === undefined) return "–";
  return typeof value === "string" ? value : JSON.stringify(value);
}
