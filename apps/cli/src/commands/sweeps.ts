import { type Command, Option } from "commander";
import { usageError } from "../cli-error.ts";
import type { CliEnv } from "../env.ts";
import { hint, print, printJson } from "../output/print.ts";
import { duration } from "../output/quantity.ts";
import { shortId } from "../run-reference.ts";
import { connect } from "../server.ts";
import { resolveSweep } from "../sweep-reference.ts";
import { integer, wholeNumber } from "../whole-number.ts";

const reference = ["<sweep>", "id, its end as `retort sweeps ls` shows it, or name"] as const;

/** Everything that is done with sweeps once they are launched. */
export function sweeps(program: Command, env: CliEnv): void {
  const group = program
    .command("sweeps")
    .description("list, show, pause, resume, extend, prioritise, cancel and export sweeps");
  list(group, env);
  show(group, env);
  extend(group, env);
  exportSweep(group, env);

  group
    .command("pause")
    .description("start no further trial; those under way finish")
    .argument(...reference)
    .option("--stop", "stop them, too; they go on from their checkpoint")
    .action(async (name: string, { stop }: { stop?: boolean }) => {
      const { retort } = await connect(env);
      const sweepId = await resolveSweep(retort, name);
      await retort.sweeps.pause.mutate({ sweepId, running: stop ? "stop" : "finish" });
      print(`paused ${shortId(sweepId)}`);
    });
  group
    .command("resume")
    .description("go on with a paused sweep")
    .argument(...reference)
    .action(async (name: string) => {
      const { retort } = await connect(env);
      const sweepId = await resolveSweep(retort, name);
      await retort.sweeps.resume.mutate({ sweepId });
      print(`resumed ${shortId(sweepId)}`);
    });
  group
    .command("priority")
    .description("take the trials of a sweep, those to come too, sooner or later than other work")
    .argument(...reference)
    .argument("<number>", "higher is sooner, 0 as a rule; lower than 0 as in -- -5", integer)
    .action(async (name: string, priority: number) => {
      const { retort } = await connect(env);
      const sweepId = await resolveSweep(retort, name);
      await retort.sweeps.setPriority.mutate({ sweepId, priority });
      print(`priority of ${shortId(sweepId)} is ${priority}`);
    });
  group
    .command("cancel")
    .description("end a sweep and its trials; stages that others share go on")
    .argument(...reference)
    .action(async (name: string) => {
      const { retort } = await connect(env);
      const sweepId = await resolveSweep(retort, name);
      await retort.sweeps.cancel.mutate({ sweepId });
      print(`cancelled ${shortId(sweepId)}`);
    });
}

function list(group: Command, env: CliEnv): void {
  group
    .command("ls")
    .description("list sweeps, newest first")
    .option("--project <slug>")
    .option("--recipe <name>")
    .addOption(new Option("--status <status>").choices(["running", "paused", "finished", "cancelled", "failed"]))
    .option("--limit <n>", "at most so many, up to 200", wholeNumber, 30)
    .option("--json", "print JSON")
    .action(async ({ json, ...query }: { json?: boolean; limit: number; project?: string; recipe?: string }) => {
      const { retort } = await connect(env);
      const page = await retort.sweeps.list.query(query);
      if (json) return printJson(page);
      if (page.sweeps.length === 0) return hint("No sweeps. Start one: retort sweep examples/sweep.yaml --watch");
      const { table } = await import("../output/table.ts");
      const { describeBest, describeCounts } = await import("../output/sweep.ts");
      const rows = page.sweeps.map((sweep) => [
        ...[shortId(sweep.id), sweep.name, sweep.recipe, sweep.status, describeCounts(sweep.counts)],
        ...[describeBest(sweep), duration(sweep.deviceSeconds), duration(sweep.savedSeconds)],
        sweep.createdAt.toISOString().slice(0, 16).replace("T", " "),
      ]);
      print(
        table(["SWEEP", "NAME", "RECIPE", "STATUS", "TRIALS", "BEST", "COMPUTING", "SAVED", "LAUNCHED (UTC)"], rows),
      );
    });
}

function show(group: Command, env: CliEnv): void {
  group
    .command("show")
    .description("show a sweep: progress, best, trials, failures and what each parameter explains")
    .argument(...reference)
    .option("--limit <n>", "trials at most", wholeNumber, 30)
    .option("--json", "print JSON")
    .action(async (name: string, { limit, json }: { limit: number; json?: boolean }) => {
      const { retort } = await connect(env);
      const sweepId = await resolveSweep(retort, name);
      const [sweep, page, failures, importance] = await Promise.all([
        retort.sweeps.get.query({ sweepId }),
        retort.sweeps.trials.query({ sweepId, order: "best", limit }),
        retort.sweeps.failures.query({ sweepId }),
        retort.sweeps.importance.query({ sweepId }),
      ]);
      if (json) return printJson({ sweep, ...page, failures, importance });
      const { describeSweep } = await import("../output/sweep.ts");
      const { describeValues } = await import("../output/sweep-values.ts");
      print(describeSweep(sweep, page.trials));
      if (failures.length > 0) print(`\n${describeValues(sweep, failures, importance)}`);
      if (page.total > page.trials.length) hint(`${page.total - page.trials.length} more trials; --limit shows them.`);
    });
}

function extend(group: Command, env: CliEnv): void {
  group
    .command("extend")
    .description("add points or seeds; a finished sweep runs again")
    .argument(...reference)
    .addOption(new Option("--points <n>", "points more").argParser(wholeNumber))
    .addOption(
      new Option("--seeds <a,b,c>", "seeds that every point gets as well").argParser((text) =>
        text.split(",").map(wholeNumber),
      ),
    )
    .action(async (name: string, { points = 0, seeds = [] }: { points?: number; seeds?: number[] }) => {
      if (points === 0 && seeds.length === 0) throw usageError("Give --points or --seeds");
      const { retort } = await connect(env);
      const sweepId = await resolveSweep(retort, name);
      await retort.sweeps.extend.mutate({ sweepId, points, seeds });
      print(`extended ${shortId(sweepId)}`);
    });
}

function exportSweep(group: Command, env: CliEnv): void {
  group
    .command("export")
    .description("write all trials: point, seed, status, value, metrics, times, content keys")
    .argument(...reference)
    .addOption(new Option("--format <format>", "csv or json").choices(["csv", "json"]).default("csv"))
    .option("--out <file>", "instead of stdout")
    .action(async (name: string, { format, out }: { format: "csv" | "json"; out?: string }) => {
      const { retort } = await connect(env);
      const { csv, ...rest } = await retort.sweeps.export.query({ sweepId: await resolveSweep(retort, name) });
      const text = format === "csv" ? csv : `${JSON.stringify(rest, null, 2)}\n`;
      if (out === undefined) return void process.stdout.write(text);
      const { writeFile } = await import("node:fs/promises");
      await writeFile(out, text);
      print(`${rest.rows.length} trials in ${out}`);
    });
}
