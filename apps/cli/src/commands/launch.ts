import { type Command, Option } from "commander";
import { parseAssignments } from "../assignments.ts";
import { exitCodes } from "../cli-error.ts";
import type { CliEnv } from "../env.ts";
import { hint, print, printJson } from "../output/print.ts";
import { readParameters } from "../run-parameters.ts";
import { shortId } from "../run-reference.ts";
import { connect } from "../server.ts";
import { warnWithoutWorkers } from "../watch/worker-check.ts";
import { integer, wholeNumber } from "../whole-number.ts";

interface Options {
  set: string[];
  seed?: number;
  seeds?: number[];
  project?: string;
  name?: string;
  priority?: number;
  watch?: boolean;
  json?: boolean;
}

export function launch(program: Command, env: CliEnv): void {
  program
    .command("launch")
    .description("start a recipe: one run a seed")
    .argument("<recipe>", "see `retort recipes`")
    .option("--set <key=value>", "a parameter, for example steps=200 or model.dim=96; again for more", collect, [])
    .addOption(new Option("--seed <n>", "seed (default 0)").argParser(wholeNumber))
    .addOption(new Option("--seeds <a,b,c>", "several seeds, a run for each").argParser(parseSeeds).conflicts("seed"))
    .option("--project <slug>", "needed when there are several")
    .option("--name <text>", "what lists call the run")
    .option("--priority <n>", "higher is sooner (default 0)", integer)
    .option("--watch", "follow the run to its end; exit code 1 when it fails")
    .option("--json", "print JSON")
    .action(async (recipe: string, options: Options) => {
      // Bad syntax needs no server to be told.
      parseAssignments(options.set);
      const { retort } = await connect(env);
      const params = await readParameters(retort, recipe, options.set);
      const seeds = options.seeds ?? [options.seed ?? 0];
      const { project, name, priority } = options;
      const { runIds } = await retort.runs.launch.mutate({ recipe, params, seeds, project, name, priority });
      await warnWithoutWorkers(retort);
      if (!options.watch) return tell(runIds, options);
      const { watchRuns } = await import("../watch/watch-runs.ts");
      const { runs, interrupted } = await watchRuns(retort, runIds);
      if (interrupted) {
        hint(`Stopped watching; the ${runIds.length === 1 ? "run goes" : "runs go"} on.`);
        for (const id of runIds) hint(`  retort show ${shortId(id)}    retort cancel ${shortId(id)}`);
        process.exitCode = exitCodes.interrupted;
        return;
      }
      if (options.json) printJson({ runs });
      else (await import("../watch/outcome.ts")).printOutcome(runs);
      if (runs.some((run) => run.status !== "succeeded")) process.exitCode = exitCodes.failed;
    });
}

function tell(runIds: string[], { json }: Options): void {
  if (json) {
    printJson({ runIds });
    return;
  }
  for (const id of runIds) print(`launched ${shortId(id)}  (${id})`);
  hint(`Watch it in the dashboard, or: retort show ${shortId(runIds[0]!)}`);
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

function parseSeeds(text: string): number[] {
  return text.split(",").map(wholeNumber);
}
