import type { Stage } from "@retort/api";
import { MultiBar, Presets, type SingleBar } from "cli-progress";
import { describeStage, type LabelOf, type ProgressView } from "./view.ts";

/** One bar a stage; a stage that several runs share has one. */
export function createBarView(labelOf: LabelOf): ProgressView {
  const bars = new Map<string, SingleBar>();
  const multi = new MultiBar(
    {
      stream: process.stderr,
      format: "{label} {bar} {percentage}%  {text}",
      barsize: 24,
      hideCursor: true,
      autopadding: true,
      stopOnComplete: false,
      emptyOnZero: true,
      // The view is fed when something changes.
      fps: 8,
    },
    Presets.shades_classic,
  );
  let width = 0;
  return {
    update(run) {
      for (const stage of run.stages) width = Math.max(width, labelOf(run, stage).length);
      for (const stage of run.stages) {
        const payload = { label: labelOf(run, stage).padEnd(width), text: describeStage(stage) };
        const bar = bars.get(stage.id) ?? multi.create(100, 0, payload);
        bars.set(stage.id, bar);
        bar.update(percentOf(stage), payload);
      }
    },
    note: (text) => multi.log(`${text}\n`),
    close: () => multi.stop(),
  };
}

function percentOf({ status, progress }: Stage): number {
  if (status === "succeeded") return 100;
  if (progress === null || progress.total === 0) return 0;
  return Math.floor((100 * progress.done) / progress.total);
}
