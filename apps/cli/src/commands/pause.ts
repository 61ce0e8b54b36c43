import type { Command } from "commander";
import type { CliEnv } from "../env.ts";
import { print } from "../output/print.ts";
import { resolveRun, shortId } from "../run-reference.ts";
import { connect } from "../server.ts";

export function pause(program: Command, env: CliEnv): void {
  program
    .command("pause")
    .description("stop a run for now; `retort resume` goes on from its checkpoints")
    .argument("<run...>", "as in `retort show`")
    .action(async (references: string[]) => {
      const { retort } = await connect(env);
      for (const reference of references) {
        const runId = await resolveRun(retort, reference);
        await retort.runs.pause.mutate({ runId });
        print(`paused ${shortId(runId)}`);
      }
    });
}
