import type { Command } from "commander";
import { CliError } from "../cli-error.ts";
import type { CliEnv } from "../env.ts";
import { print } from "../output/print.ts";
import { resolveRun } from "../run-reference.ts";
import { connect } from "../server.ts";

export function release(program: Command, env: CliEnv): void {
  program
    .command("release")
    .description("let the quarantined stages of a run be taken again; they took down workers or processes")
    .argument("<run>", "as in `retort show`")
    .action(async (reference: string) => {
      const { retort } = await connect(env);
      const { stages } = await retort.runs.get.query({ runId: await resolveRun(retort, reference) });
      const quarantined = stages.filter(({ quarantinedAt }) => quarantinedAt !== null);
      if (quarantined.length === 0) throw new CliError("The run has no quarantined stage");
      for (const { id, name } of quarantined) {
        await retort.stages.release.mutate({ stageId: id });
        print(`released ${name}`);
      }
    });
}
