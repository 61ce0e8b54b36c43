import { describeStage, type LabelOf, type ProgressView } from "./view.ts";

const lineIntervalMs = 5_000;

/** A line when a stage changes its status, and every few seconds while it runs. */
export function createLineView(labelOf: LabelOf): ProgressView {
  const last = new Map<string, { status: string; at: number }>();
  return {
    update(run) {
      for (const stage of run.stages) {
        const before = last.get(stage.id);
        const isDue = before === undefined || before.at + lineIntervalMs <= Date.now();
        const isNews = before?.status !== stage.status || (stage.status === "running" && isDue);
        if (!isNews) continue;
        last.set(stage.id, { status: stage.status, at: Date.now() });
        process.stderr.write(`${labelOf(run, stage)}: ${describeStage(stage)}\n`);
      }
    },
    note: (text) => void process.stderr.write(`${text}\n`),
    close() {},
  };
}
