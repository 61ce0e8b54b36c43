// Started by frozen-towers.ts for one part, so that the peak of memory is that part's.
import { detect, evaluate } from "./detection.ts";
import { embeddings, hub, towers } from "./files.ts";
import { type Findings, type Job, type Part, processorSeconds } from "./part.ts";
import { gradient, train, weights } from "./training.ts";

const parts = { hub, towers, embeddings, train, weights, gradient, evaluate, detect } satisfies Record<string, Part>;

export type PartName = keyof typeof parts;

/** What the process tells its parent, once. */
export interface Told extends Findings {
  seconds: number;
  /** Of all threads. */
  processorSeconds: number;
  peakBytes: number;
}

process.once("message", async ({ part, job }: { part: PartName; job: Job }) => {
  const startedAt = performance.now();
  const findings = await parts[part](job);
  const seconds = (performance.now() - startedAt) / 1000;
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  const told: Told = { ...findings, seconds, processorSeconds: processorSeconds(), peakBytes };
  process.send!(told);
  process.disconnect();
});
