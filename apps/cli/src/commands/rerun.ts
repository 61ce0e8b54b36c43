import type { Command } from "commander";
import type { CliEnv } from "../env.ts";
import { print } from "../output/print.ts";
import { resolveRun, shortId } from "../run-reference.ts";
import { connect } from "../server.ts";

export function rerun(program: Command, env: CliEnv): void {
  program
    .command("rerun")
    .description("execute a stage and all that depends on it anew, as a run of its own; earlier results are kept")
    .argument("<run>", "as in `retort show`")
    .option("--from <stage>", "name of the stage; every stage by default")
    .action(async (reference: string, { from }: { from?: string }) => {
      const { retort } = await connect(env);
      const { runId } = await retort.runs.rerun.mutate({ runId: await resolveRun(retort, reference), from });
      print(`launched ${shortId(runId)}  (${runId})`);
    });
}
