import { type PlannedStage, planStages, type StageSpec, stages } from "@retort/core";
import type { Figure } from "./report.ts";

const stagesPerRun = 100;

/** Planned stages of runs with this many stages in all, each of them different work. */
export function planRuns(numStages: number, params: Record<string, unknown> = {}): PlannedStage[][] {
  const runs: PlannedStage[][] = [];
  for (let first = 0; first < numStages; first += stagesPerRun) {
    const specs = Array.from(
      { length: Math.min(stagesPerRun, numStages - first) },
      (_, i): StageSpec => ({
        name: `stage-${i}`,
        kind: "diagnostic-light",
        params: { index: first + i, ...params },
        inputs: {},
        seed: 0,
      }),
    );
    runs.push(planStages(specs, { definitions: stages, fingerprints: new Map() }));
  }
  return runs;
}

/** Runs of a chain: each stage checks the report of the one diagnostic that its run begins with. */
function planChains(numStages: number): number {
  const startMs = performance.now();
  let planned = 0;
  while (planned < numStages) {
    const seed = planned;
    const specs: StageSpec[] = [
      { name: "work", kind: "diagnostic", params: {}, inputs: {}, seed },
      ...Array.from(
        { length: 9 },
        (_, i): StageSpec => ({
          name: `check-${i}`,
          kind: "diagnostic-check",
          params: { steps: 20 + i },
          inputs: { report: { stage: "work", artifact: "report" } },
          seed,
        }),
      ),
    ];
    planned += planStages(specs, { definitions: stages, fingerprints: new Map() }).length;
  }
  return ((performance.now() - startMs) * 1_000) / planned;
}

/** Time a stage of 10,000 and of 100,000, and their ratio, which is 1 where planning is linear. */
export function planningFigures(): Figure[] {
  planChains(2_000);
  const small = planChains(10_000);
  const large = planChains(100_000);
  return [
    { name: "planning.10k", value: small, unit: "us/stage", goal: 1_000 },
    { name: "planning.100k", value: large, unit: "us/stage", goal: 1_000 },
    { name: "planning.100k-to-10k", value: large / small, unit: "ratio a stage", goal: 1.3 },
  ];
}
