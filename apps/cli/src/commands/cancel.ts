import type { Command } from "commander";
import type { CliEnv } from "../env.ts";
import { print } from "../output/print.ts";
import { resolveRun, shortId } from "../run-reference.ts";
import { connect } from "../server.ts";

export function cancel(program: Command, env: CliEnv): void {
  program
    .command("cancel")
    .description("stop a run; stages that other runs share go on")
    .argument("<run...>", "as in `retort show`")
    .action(async (references: string[]) => {
      const { retort } = await connect(env);
      for (const reference of references) {
        const runId = await resolveRun(retort, reference);
        await retort.runs.cancel.mutate({ runId });
        print(`cancelled ${shortId(runId)}`);
      }
    });
}
