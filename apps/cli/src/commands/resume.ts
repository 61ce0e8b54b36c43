import type { Command } from "commander";
import type { CliEnv } from "../env.ts";
import { print } from "../output/print.ts";
import { resolveRun, shortId } from "../run-reference.ts";
import { connect } from "../server.ts";

export function resume(program: Command, env: CliEnv): void {
  program
    .command("resume")
    .description("let a paused run go on")
    .argument("<run...>", "as in `retort show`")
    .action(async (references: string[]) => {
      const { retort } = await connect(env);
      for (const reference of references) {
        const runId = await resolveRun(retort, reference);
        await retort.runs.resume.mutate({ runId });
        print(`resumed ${shortId(runId)}`);
      }
    });
}
