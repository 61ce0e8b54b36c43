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
    .argument("[recipe]", "see `retort recipes`; the one measured last by default")
    .option("--project <slug>")
    .option("--dataset <name>")
    .option("--metric <name>", "the recipe's headline by default")
    .option("--json", "print JSON")
    .action(async (asked: string | undefined, { json, ...query }: Options) => {
      const { retort } = await connect(env);
      const measuredRecipes = await retort.leaderboard.recipes.query({ project: query.project });
      const recipe = asked ?? measuredRecipes[0]?.recipe ?? "quickstart";
      const board = await retort.leaderboard.rows.query({ recipe, ...query });
      if (json) return printJson(board);
      if (board.rows.length === 0) {
        hint(
          nothingMeasured(
            recipe,
            query,
            measuredRecipes.map((each) => each.recipe),
          ),
        );
        if (board.published.length === 0) return;
      }
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

/** Why there are no rows, and what gives some. */
function nothingMeasured(recipe: string, { dataset, metric, project }: Options, measuredRecipes: string[]): string {
  const options = [
    project === undefined ? "" : ` in project ${project}`,
    dataset === undefined ? "" : ` on ${dataset}`,
    metric === undefined ? "" : ` by ${metric}`,
  ].join("");
  const others = measuredRecipes.filter((each) => each !== recipe);
  return [
    `No run of ${recipe} has been evaluated${options} yet.`,
    measuredRecipes.includes(recipe)
      ? `Leave out the options to see what is measured: npx retort leaderboard ${recipe}`
      : `Launch one: npx retort launch ${recipe} --watch`,
    ...(others.length === 0
      ? []
      : [`Recipes with results: ${others.join(", ")}. See: npx retort leaderboard ${others[0]}`]),
  ].join("\n");
}
