// npx tsx docs/results/llava-kd/launch.ts [name ...]: launches the sweeps of this folder on the running server, a run for each
// point and seed, named "<sweep>: <point>". Finished stages are found, not repeated.
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parse } from "yaml";
import { expandPoints } from "../../../packages/core/src/search/expand.ts";
import { flatPoint, withPoint } from "../../../packages/core/src/search/point.ts";
import { searchSpace } from "../../../packages/core/src/search/space.ts";
import { connect } from "./server.ts";

/** In the order of importance: what comes first is finished first. */
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
];

const folder = import.meta.dirname;
const there = new Set(readdirSync(folder).map((file) => basename(file, ".yaml")));
const wanted = process.argv.slice(2);
const retort = connect();
for (const name of wanted.length > 0 ? wanted : order.filter((each) => there.has(each))) {
  const sweep = parse(readFileSync(join(folder, `${name}.yaml`), "utf8"));
  const space = searchSpace.parse(sweep.search.space);
  let numRuns = 0;
  for (const { point, labels } of expandPoints(space)) {
    const values = Object.entries(flatPoint(point)).map(([path, value]) => `${path.split(".").at(-1)} ${text(value)}`);
    const label = Object.values(labels).join(", ") || values.join(", ") || "as given";
    const params = withPoint(sweep.params ?? {}, point);
    const request = { recipe: sweep.recipe, params, seeds: space.seeds, name: `${name}: ${label}` };
    const { runIds } = await retort.runs.launch.mutate(request as Parameters<typeof retort.runs.launch.mutate>[0]);
    numRuns += runIds.length;
  }
  console.log(`${name}: ${numRuns} runs`);
}

function text(value: unknown): string {
  return Array.isArray(value) ? value.join("-") : String(value);
}
