"use client";

import type { LogLine } from "@retort/api";
import { ArrowDown } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { CopyButton } from "../../ui/copy.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Problem } from "../../ui/problem.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import type { StageStream } from "./use-live-stage.ts";

const ranks = { debug: 0, info: 1, warn: 2, error: 3 } as const;
type Level = LogLine["level"];

const looks: Record<Level, string> = {
  debug: "text-ink-3",
  info: "text-ink-3",
  warn: "text-warn font-medium",
  error: "text-danger font-medium",
};

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** A stage's log; follows the end until the reader scrolls up. */
export function LogView({ stageName, stream, live }: { stageName: string; stream: StageStream; live: boolean }) {
  const [least, setLeast] = useState<Level>("info");
  const [following, setFollowing] = useState(true);
  const box = useRef<HTMLDivElement>(null);
  const shown = stream.lines?.filter(({ level }) => ranks[level] >= ranks[least]) ?? null;
  const newest = shown?.at(-1)?.seq;

  // biome-ignore lint/correctness/useExhaustiveDependencies: each new line moves the end
  useEffect(() => {
    if (following) box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [newest, following]);

  if (stream.error !== null && stream.lines === null) return <Problem error={stream.error} onRetry={stream.retry} />;
  if (shown === null) return <Skeleton className="h-80" />;
  if (stream.lines?.length === 0) {
    return (
      <Empty title={`${stageName} has logged nothing yet`}>
        {live ? "Lines appear here as they are written." : "The stage ended without a line."}
      </Empty>
    );
  }
  return (
    <div>
      <div className="mb-3 flex min-h-8 flex-wrap items-center gap-3">
        <label className="flex items-center gap-2 text-sm text-ink-2">
          From level
          <select
            value={least}
            onChange={(event) => setLeast(event.target.value as Level)}
            className="select h-8 rounded-md border border-control bg-surface pl-2 text-sm"
          >
            {Object.keys(ranks).map((level) => (
              <option key={level}>{level}</option>
            ))}
          </select>
        </label>
        <span className="text-sm text-ink-3 numeric">
          {shown.length} {shown.length === 1 ? "line" : "lines"} of {stageName}
        </span>
        <div className="ml-auto flex items-center gap-2">
          {!following && (
            <Button size="sm" onClick={() => setFollowing(true)}>
              <ArrowDown /> Follow the end
            </Button>
          )}
          <CopyButton
            label="Copy log"
            text={shown.map((line) => `${line.at.toISOString()} ${line.level} ${line.message}`).join("\n")}
          />
        </div>
      </div>
      <div
        ref={box}
        role="log"
        aria-label={`Log of ${stageName}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable
        tabIndex={0}
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) =>
          setFollowing(scrollHeight - scrollTop - clientHeight < 24)
        }
        className="max-h-[32rem] overflow-y-auto rounded-lg border border-line bg-surface py-2 font-mono text-xs leading-5"
      >
        {shown.map((line, index) => (
          <div key={line.seq}>
            {index > 0 && shown[index - 1]!.attempt !== line.attempt && (
              <p className="my-2 flex items-center gap-3 px-4 font-sans text-ink-3 before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
                attempt {line.attempt}
              </p>
            )}
            <p className="grid grid-cols-[auto_auto_1fr] gap-x-3 px-4 hover:bg-sunken">
              <time
                dateTime={line.at.toISOString()}
                title={line.at.toISOString()}
                className="text-ink-3"
                suppressHydrationWarning
              >
                {clock.format(line.at)}
              </time>
              <span className={cx("w-10", looks[line.level])}>{line.level}</span>
              <span className="min-w-0 break-words whitespace-pre-wrap">{line.message}</span>
            </p>
          </div>
        ))}
      </div>
    </div>
  );
}
