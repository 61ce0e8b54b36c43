import type { Command } from "commander";
import type { CliEnv } from "../env.ts";
import { hint, print, printJson } from "../output/print.ts";
import { measured } from "../output/quantity.ts";
import { shortId } from "../run-reference.ts";
import { connect } from "../server.ts";

interface Options {
  project?: string;
  dataset?: string;
  metric?: string;
  json?: boolean;
}

export function leaderboard(program: Command, env: CliEnv): void {
  program
    .command("leaderboard")
    .description("rank the configurations of a recipe, seeds grouped")
    .argument("[recipe]", "see `retort recipes`", "quickstart")
    .option("--project <slug>")
    .option("--dataset <name>")
    .option("--metric <name>", "the recipe's headline by default")
    .option("--json", "print JSON")
    .action(async (recipe: string, { json, ...query }: Options) => {
      const { retort } = await connect(env);
      const board = await retort.leaderboard.rows.query({ recipe, ...query });
      if (json) return printJson(board);
      if (board.rows.length === 0) hint(`No run of ${recipe} has been evaluated yet.`);
      const { table } = await import("../output/table.ts");
      const isHeadline = board.metric === board.headline.metric;
      const value = (number: number) => measured(number, isHeadline ? board.headline.unit : "points");
      const rows = board.rows.map((row) => [
        row.name,
        `${row.dataset}/${row.split}`,
        row.condition,
        row.n,
        value(row.mean),
        row.std === null ? null : value(row.std),
        row.runIds.map(shortId).join(" "),
      ]);
      const published = board.published.map((row) => [
        row.label,
        row.metric === board.metric ? row.dataset : `${row.dataset}, ${row.metric}`,
        `published: ${row.source}`,
        null,
        value(row.value),
        null,
        null,
      ]);
      const label = isHeadline ? board.headline.label : board.metric;
      print(
        table(["NAME", "DATA SET", "CONDITION", "SEEDS", label.toUpperCase(), "STD", "RUNS"], [...rows, ...published]),
      );
    });
}
