import type { Project } from "@retort/api";
import { type Command, InvalidArgumentError, Option } from "commander";
import { usageError } from "../cli-error.ts";
import type { CliEnv } from "../env.ts";
import { print, printJson } from "../output/print.ts";
import { connect } from "../server.ts";
import { wholeNumber } from "../whole-number.ts";

/** Everything about projects: what there is, and what each may take of the machines. */
export function projects(program: Command, env: CliEnv): void {
  const group = program.command("projects").description("list and create projects, limit what each takes");
  group
    .command("list", { isDefault: true })
    .description("what each may take of the machines")
    .option("--json", "print JSON")
    .action(async ({ json }: { json?: boolean }) => {
      const { retort } = await connect(env);
      const list = await retort.projects.list.query();
      if (json) return printJson(list);
      const { table } = await import("../output/table.ts");
      print(table(["PROJECT", "NAME", "STAGES AT ONCE", "SHARE", "RESULTS"], list.map(row)));
    });
  group
    .command("create")
    .description("make a project, unless it exists")
    .argument("<slug>", "lower-case letters, digits and single hyphens")
    .option("--name <text>", "what lists call it (default: the slug)")
    .action(async (slug: string, { name = slug }: { name?: string }) => {
      const { retort } = await connect(env);
      print(describe(await retort.projects.ensure.mutate({ slug, name })));
    });
  group
    .command("limit")
    .description("say what a project may take of the machines; what is left out stays as it is")
    .argument("<slug>")
    .addOption(new Option("--running <n>", "stages at once, or none for no limit").argParser(limit))
    .addOption(new Option("--share <weight>", "weight against other projects, 0.01 to 100").argParser(weight))
    .action(async (slug: string, { running, share }: { running?: number | "none"; share?: number }) => {
      if (running === undefined && share === undefined) throw usageError("Give --running or --share");
      const { retort } = await connect(env);
      const maxRunning = running === "none" ? null : running;
      print(describe(await retort.projects.setLimits.mutate({ slug, maxRunning, share })));
    });
  for (const isIsolated of [true, false]) {
    group
      .command(isIsolated ? "isolate" : "join")
      .description(
        isIsolated
          ? "let what it launches from now on neither give results to other projects nor take theirs"
          : "let it share finished stages with other projects again",
      )
      .argument("<slug>")
      .action(async (slug: string) => {
        const { retort } = await connect(env);
        print(describe(await retort.projects.setIsolated.mutate({ slug, isIsolated })));
      });
  }
}

function row({ slug, name, maxRunning, share, isIsolated }: Project): (string | number)[] {
  return [slug, name, maxRunning ?? "no limit", share, isIsolated ? "its own" : "shared"];
}

function describe({ slug, maxRunning, share, isIsolated }: Project): string {
  const stages = maxRunning === null ? "any number of stages" : `at most ${maxRunning} stages`;
  return `${slug}: ${stages} at once, share ${share}, ${isIsolated ? "keeps its results to itself" : "shares results"}`;
}

/** @throws InvalidArgumentError */
function limit(text: string): number | "none" {
  // Commander takes null for an option without a value.
  return text === "none" ? text : wholeNumber(text);
}

/** @throws InvalidArgumentError */
function weight(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new InvalidArgumentError(`expected a number from 0.01 to 100, got "${text}".`);
}
