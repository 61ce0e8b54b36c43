// npm run bench -- sweep-launch [--json]: a sweep of 1,000 runs from the first insert to its last trial, and 10,000 stages against 100,000.
import { checkSearch, type PlannedStage, planRun } from "@retort/core";
import { createDatabase } from "../src/database.ts";
import { startTestPostgres } from "../src/testing.ts";

const numRuns = Number(process.env.BENCH_RUNS ?? 1_000);
const isJson = process.argv.includes("--json");

function report(name: string, figure: { value: number; unit: string; goal: number }): void {
  if (isJson) console.log(JSON.stringify({ name, ...figure }));
  else console.log(`${name.padEnd(44)} ${figure.value.toFixed(2)} ${figure.unit} (goal ${figure.goal})`);
}

/** Seconds of processor time, which other work on the machine does not change, that planning so many stages takes: runs of two stages each. */
function planning(numStages: number): number {
  const began = process.cpuUsage();
  let planned: PlannedStage[] = [];
  for (let run = 0; run < numStages / 2; run++) {
    planned = planRun({ recipe: "diagnostic", params: { steps: run + 1 }, seed: 0, fingerprints: new Map() });
  }
  if (planned.length !== 2) throw new Error("The recipe has changed: this counts on two stages");
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1e6;
}

const server = await startTestPostgres();
const db = createDatabase({ url: server.url });
try {
  const { id: projectId } = await db.projects.ensure({ slug: "bench", name: "Bench" });
  const launch = async (first: number) => {
    const search = checkSearch({
      space: { parameters: { steps: { type: "int", min: first, max: first + numRuns - 1 } } },
    });
    const began = performance.now();
    const { id } = await db.sweeps.create({
      ...{ projectId, name: "bench", recipe: "diagnostic", params: {}, search, watch: null, priority: 0 },
      objective: { metric: "loss", dataset: null, condition: "full", stage: null },
      maxConcurrentRuns: null,
    });
    await db.sweeps.advance({ fingerprint: async () => "", sweepId: id });
    const seconds = (performance.now() - began) / 1000;
    const readAt = performance.now();
    const trials = await db.sweeps.trials((await db.sweeps.get(id))!);
    if (trials.length !== numRuns) throw new Error(`${trials.length} trials of ${numRuns}`);
    return { seconds, readMs: performance.now() - readAt };
  };
  await launch(1);
  const { seconds, readMs } = await launch(100_000);
  report(`launch of a sweep of ${numRuns} runs`, { value: seconds, unit: "s", goal: 5 });
  report(`reading its ${numRuns} trials`, { value: readMs, unit: "ms", goal: 200 });
  planning(1_000);
  const [small, large] = [planning(10_000), planning(100_000)];
  report("planning 10,000 stages, processor time", { value: small, unit: "s", goal: 5 });
  report("planning 100,000 stages, times that of 10,000", { value: large / small, unit: "x", goal: 12 });
} finally {
  await db.close();
  await server.stop();
}
