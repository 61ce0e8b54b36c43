import type { Command } from "commander";
import type { CliEnv } from "../env.ts";
import { print, printJson } from "../output/print.ts";
import { resolveRun } from "../run-reference.ts";
import { connect } from "../server.ts";

export function show(program: Command, env: CliEnv): void {
  program
    .command("show")
    .description("show a run: parameters, stages, results, files, code")
    .argument("<run>", "id, its end as `retort ls` shows it, or name")
    .option("--json", "print JSON")
    .action(async (reference: string, { json }: { json?: boolean }) => {
      const { retort } = await connect(env);
      const run = await retort.runs.get.query({ runId: await resolveRun(retort, reference) });
      if (json) return printJson(run);
      const { describeRun } = await import("../output/run.ts");
      const attempts = await Promise.all(
        run.stages.map(async ({ id }) => [id, await retort.stages.attempts.query({ stageId: id })] as const),
      );
      print(describeRun(run, new Map(attempts)));
    });
}
