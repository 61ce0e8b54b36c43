import type { Command } from "commander";
import type { CliEnv } from "../env.ts";
import { print } from "../output/print.ts";
import { resolveRun, shortId } from "../run-reference.ts";
import { connect } from "../server.ts";
import { integer } from "../whole-number.ts";

export function priority(program: Command, env: CliEnv): void {
  program
    .command("priority")
    .description("take the stages of a run sooner or later than others'")
    .argument("<run>", "as in `retort show`")
    .argument("<number>", "higher is sooner, 0 as a rule; lower than 0 as in -- -5", integer)
    .action(async (reference: string, value: number) => {
      const { retort } = await connect(env);
      const runId = await resolveRun(retort, reference);
      await retort.runs.setPriority.mutate({ runId, priority: value });
      print(`priority of ${shortId(runId)} is ${value}`);
    });
}
