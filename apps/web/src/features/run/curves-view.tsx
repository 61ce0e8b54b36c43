"use client";

import type { Stage } from "@retort/api";
import { ZoomOut } from "lucide-react";
import { Slider, Switch } from "radix-ui";
import { useMemo, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { Empty } from "../../ui/empty.tsx";
import { Sheet } from "../../ui/panel.tsx";
import { Problem } from "../../ui/problem.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { curveGroups } from "../charts/curve-groups.ts";
import { CurvePanel } from "../charts/curve-panel.tsx";
import type { StepRange } from "../charts/curve-plot.tsx";
import type { StageStream } from "./use-live-stage.ts";

/** All metrics of a stage as curves over its steps, zoomed and read together. */
export function CurvesView({ stage, stream }: { stage: Stage; stream: StageStream }) {
  const [smoothing, setSmoothing] = useState(0);
  const [logScale, setLogScale] = useState(false);
  const [range, setRange] = useState<StepRange | null>(null);
  const { curves } = stream;
  const keys = curves === null ? "" : [...curves.keys()].join("\n");
  const groups = useMemo(() => (keys === "" ? [] : curveGroups(keys.split("\n"))), [keys]);
  if (stream.error !== null && curves === null) return <Problem error={stream.error} onRetry={stream.retry} />;
  if (curves === null) return <Skeleton className="h-[26rem]" />;
  if (groups.length === 0) return <NoCurves stage={stage} />;
  const plot = { curves, smoothing, logScale, range, onRange: setRange, syncKey: stage.id };
  const [main, ...others] = groups;
  return (
    <div>
      <CurveControls
        smoothing={smoothing}
        onSmoothing={setSmoothing}
        logScale={logScale}
        onLogScale={setLogScale}
        range={range}
        onRange={setRange}
      />
      <div className={cx("grid grid-cols-1 gap-4", others.length > 0 && "lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]")}>
        {main !== undefined && (
          <Sheet className="min-w-0 self-start">
            <CurvePanel group={main} height={others.length > 1 ? 372 : 320} {...plot} />
          </Sheet>
        )}
        <div className={cx("grid min-w-0 grid-cols-1 gap-4", others.length > 2 && "lg:grid-cols-2 lg:content-start")}>
          {others.map((group) => (
            <Sheet key={group.id} className="min-w-0">
              <CurvePanel group={group} height={others.length > 1 ? 158 : 320} {...plot} />
            </Sheet>
          ))}
        </div>
      </div>
    </div>
  );
}

/** How curves are drawn: smoothed, on a logarithmic scale, and the way back from a zoom. */
export function CurveControls(props: {
  smoothing: number;
  onSmoothing(value: number): void;
  logScale: boolean;
  onLogScale(on: boolean): void;
  range: StepRange | null;
  onRange(range: StepRange | null): void;
}) {
  const { smoothing, onSmoothing, logScale, onLogScale, range, onRange } = props;
  return (
    <div className="mb-3 flex min-h-8 flex-wrap items-center gap-x-6 gap-y-2">
      <SmoothingSlider value={smoothing} onChange={onSmoothing} />
      <div className="flex items-center gap-2 text-sm text-ink-2">
        <Switch.Root
          checked={logScale}
          onCheckedChange={onLogScale}
          id="log-scale"
          className="relative h-4 w-7 rounded-full border border-control bg-sunken data-[state=checked]:border-ink data-[state=checked]:bg-ink"
        >
          <Switch.Thumb className="block size-2.5 translate-x-0.5 rounded-full bg-ink-3 transition-transform data-[state=checked]:translate-x-[0.85rem] data-[state=checked]:bg-paper" />
        </Switch.Root>
        <label htmlFor="log-scale">Log scale</label>
      </div>
      {range === null ? (
        <span className="text-xs text-ink-3 max-sm:hidden">Drag across a plot to zoom</span>
      ) : (
        <Button size="sm" onClick={() => onRange(null)}>
          <ZoomOut /> Show all steps
        </Button>
      )}
    </div>
  );
}

function SmoothingSlider({ value, onChange }: { value: number; onChange(value: number): void }) {
  return (
    <div className="flex items-center gap-2.5 text-sm text-ink-2">
      <span id="smoothing">Smoothing</span>
      <Slider.Root
        value={[value]}
        min={0}
        max={0.99}
        step={0.01}
        onValueChange={([next]) => onChange(next ?? 0)}
        className="relative flex h-6 w-32 touch-none items-center"
      >
        <Slider.Track className="relative h-0.5 grow rounded bg-line-strong">
          <Slider.Range className="absolute h-full rounded bg-ink" />
        </Slider.Track>
        <Slider.Thumb
          aria-labelledby="smoothing"
          className="block size-3.5 rounded-full border border-ink bg-surface"
        />
      </Slider.Root>
      <span className="w-8 text-right text-xs text-ink-3 numeric">{value.toFixed(2)}</span>
    </div>
  );
}

function NoCurves({ stage }: { stage: Stage }) {
  const texts: Partial<Record<Stage["status"], string>> = {
    pending: "It waits for the stages before it. Its curves appear here with its first step.",
    ready: `It waits: ${stage.waitingReason ?? "no worker has taken it yet"}. Its curves appear here with its first step.`,
    running: "It has not reported a step yet.",
    failed: "It failed before its first step. The failure above and its log say why.",
    cancelled: "It was cancelled before its first step.",
  };
  return (
    <Empty title={`No curves from ${stage.name}`}>
      {texts[stage.status] ??
        "This stage records no metrics by step. Pick another stage above, or look at its log and the samples."}
    </Empty>
  );
}
