import type { Command } from "commander";
import type { CliEnv } from "../env.ts";
import { print, printJson } from "../output/print.ts";
import { connect } from "../server.ts";

export function recipes(program: Command, env: CliEnv): void {
  program
    .command("recipes")
    .description("list the recipes, or the parameters of one")
    .argument("[name]")
    .option("--json", "print JSON")
    .action(async (name: string | undefined, { json }: { json?: boolean }) => {
      const { retort } = await connect(env);
      const { table } = await import("../output/table.ts");
      if (name === undefined) {
        const list = await retort.recipes.list.query();
        if (json) return printJson(list);
        return print(
          table(
            ["RECIPE", "WHAT IT DOES"],
            list.map((recipe) => [recipe.name, recipe.summary]),
          ),
        );
      }
      const recipe = await retort.recipes.get.query({ name });
      if (json) return printJson(recipe);
      const { listParameters } = await import("../output/parameters.ts");
      const stages = recipe.stages.map(({ name, inputs }) =>
        inputs.length === 0 ? name : `${name} (after ${inputs.join(", ")})`,
      );
      print(`${recipe.title}: ${recipe.summary}\n\nStages: ${stages.join(", ")}\n`);
      const rows = listParameters(recipe.schema).map(({ key, type, byDefault, description }) => [
        key,
        type,
        byDefault,
        description,
      ]);
      print(table(["PARAMETER", "TYPE", "DEFAULT", "MEANING"], rows));
    });
}
