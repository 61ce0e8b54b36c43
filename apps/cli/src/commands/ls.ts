import type { RunStatus } from "@retort/api";
import type { Command } from "commander";
import { Option } from "commander";
import type { CliEnv } from "../env.ts";
import { hint, print, printJson } from "../output/print.ts";
import { elapsed, measured } from "../output/quantity.ts";
import { shortId } from "../run-reference.ts";
import { runStatuses, statusOf } from "../run-status.ts";
import { connect } from "../server.ts";
import { wholeNumber } from "../whole-number.ts";

interface Options {
  project?: string;
  recipe?: string;
  status?: RunStatus;
  limit: number;
  json?: boolean;
}

export function ls(program: Command, env: CliEnv): void {
  program
    .command("ls")
    .description("list runs, newest first")
    .option("--project <slug>")
    .option("--recipe <name>")
    .addOption(new Option("--status <status>").choices(runStatuses))
    .option("--limit <n>", "at most so many, up to 500", wholeNumber, 30)
    .option("--json", "print JSON")
    .action(async ({ limit, json, ...query }: Options) => {
      const { retort } = await connect(env);
      const { runs, nextCursor } = await retort.runs.list.query({ ...query, limit });
      if (json) return printJson({ runs, nextCursor });
      if (runs.length === 0) return hint("No runs. Start one: retort launch quickstart --watch");
      const { table } = await import("../output/table.ts");
      const rows = runs.map((run) => [
        shortId(run.id),
        run.name,
        run.recipe,
        run.seed,
        statusOf(run),
        `${run.numFinishedStages}/${run.numStages}`,
        run.headline === null ? null : measured(run.headline.value, run.headline.unit),
        elapsed(run.clock),
        run.createdAt.toISOString().slice(0, 16).replace("T", " "),
      ]);
      print(table(["RUN", "NAME", "RECIPE", "SEED", "STATUS", "STAGES", "RESULT", "TIME", "LAUNCHED (UTC)"], rows));
      if (nextCursor !== null) hint(`Older runs are not shown; --limit ${limit * 2} shows more.`);
    });
}
