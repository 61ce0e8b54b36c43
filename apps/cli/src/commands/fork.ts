import type { Command } from "commander";
import type { CliEnv } from "../env.ts";
import { print } from "../output/print.ts";
import { readParameters } from "../run-parameters.ts";
import { resolveRun, shortId } from "../run-reference.ts";
import { connect } from "../server.ts";
import { wholeNumber } from "../whole-number.ts";

interface ForkOptions {
  set: string[];
  step?: number;
  name?: string;
}

export function fork(program: Command, env: CliEnv): void {
  program
    .command("fork")
    .description("go on from a checkpoint of a stage with changed parameters, as a run of its own")
    .argument("<run>", "as in `retort show`")
    .argument("<stage>", "name of the stage whose checkpoint is taken")
    .option(
      "--set <key=value>",
      "a parameter that changes; again for more",
      (value, before) => [...before, value],
      [] as string[],
    )
    .option("--step <number>", "of the checkpoint; left out, the newest", wholeNumber)
    .option("--name <text>", "what lists call the run")
    .action(async (reference: string, stage: string, { set, ...rest }: ForkOptions) => {
      const { retort } = await connect(env);
      const runId = await resolveRun(retort, reference);
      const { recipe } = await retort.runs.get.query({ runId });
      const params = await readParameters(retort, recipe, set);
      const forked = await retort.runs.fork.mutate({ runId, stage, params, ...rest });
      print(`launched ${shortId(forked.runId)} from step ${forked.step}  (${forked.runId})`);
    });
}
