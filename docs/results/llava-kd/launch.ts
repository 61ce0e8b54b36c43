// npx tsx docs/results/llava-kd/launch.ts [name ...]: launches the sweeps of this folder on the running server, the most important
// first, each run under the name of its point. `npx retort sweep FILE` launches the same runs, file by file.
import { connect } from "./server.ts";
import { pointsOf, sweepNames } from "./sweeps.ts";

const order = [
  "teacher",
  "cifar-400",
  "cifar-200",
  "cifar-second-teacher",
  "control-smoothing",
  "targets",
  "control-own-photos",
  "cifar-1500",
  "divergences",
  "temperatures",
  "weights",
  "scenes-teacher",
  "scenes",
];

const asked = process.argv.slice(2);
const rank = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
const retort = connect();
for (const name of asked.length > 0 ? asked : [...sweepNames].sort((a, b) => rank(a) - rank(b))) {
  let numRuns = 0;
  for (const { point, recipe, params, seeds } of pointsOf(name)) {
    const request = { recipe, params, seeds, name: `${name}: ${point}` };
    const { runIds } = await retort.runs.launch.mutate(request as Parameters<typeof retort.runs.launch.mutate>[0]);
    numRuns += runIds.length;
  }
  console.log(`${name}: ${numRuns} runs`);
}
