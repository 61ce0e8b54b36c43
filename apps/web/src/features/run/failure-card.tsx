"use client";

import type { Failure } from "@retort/api";
import { CircleX } from "lucide-react";
import type { ReactNode } from "react";
import { CopyButton } from "../../ui/copy.tsx";
import { ErrorParts } from "../../ui/problem.tsx";
import { ScrollRegion } from "../../ui/scroll-region.tsx";

const kinds: Record<Failure["kind"], string> = {
  user: "Wrong request",
  data: "Unusable data",
  "out-of-memory": "Out of memory",
  diverged: "Diverged",
  "lost-lease": "Lost its worker",
  preempted: "Gave way too often",
  infrastructure: "Infrastructure",
};

/** Why a stage failed, what to do about it, and the last words of its process. */
export function FailureCard({
  stageName,
  failure,
  attempt,
  action,
}: {
  stageName: string;
  failure: Failure;
  attempt: number;
  action: ReactNode;
}) {
  return (
    <section
      aria-label={`Failure of ${stageName}`}
      className="rounded-lg border border-danger bg-danger-soft px-4 py-4 sm:px-5"
      data-testid="failure"
    >
      <div className="mb-2 flex flex-wrap items-center gap-x-3 gap-y-1">
        <CircleX aria-hidden className="size-5 text-danger" />
        <h2 className="text-lg font-semibold tracking-tight">
          {stageName} failed: {kinds[failure.kind].toLowerCase()}
        </h2>
        <span className="text-sm text-ink-2">
          attempt <span className="numeric">{attempt}</span>, <code className="font-mono text-xs">{failure.code}</code>
        </span>
        <div className="ml-auto">{action}</div>
      </div>
      <ErrorParts view={failure} />
      {failure.lastOutput !== undefined && failure.lastOutput.trim() !== "" && (
        <details className="mt-3">
          <summary className="w-fit text-sm text-ink-2 underline-offset-2 hover:underline">
            Last output of the process
          </summary>
          <div className="relative mt-2">
            <ScrollRegion
              label="Last output of the process"
              className="max-h-72 overflow-y-auto rounded-md border border-line bg-surface px-3 py-2.5"
            >
              <pre className="font-mono text-xs leading-5 whitespace-pre-wrap">{failure.lastOutput.trim()}</pre>
            </ScrollRegion>
            <div className="absolute top-1 right-1">
              <CopyButton text={failure.lastOutput} label="Copy output" />
            </div>
          </div>
        </details>
      )}
    </section>
  );
}
