import type { Command } from "commander";
import type { CliEnv } from "../env.ts";
import { hint, print, printJson } from "../output/print.ts";
import { connect } from "../server.ts";

export function recipes(program: Command, env: CliEnv): void {
  program
    .command("recipes")
    .description("list the recipes, or the parameters of one")
    .argument("[name]")
    .option("--json", "print JSON")
    .action(async (name: string | undefined, { json }: { json?: boolean }) => {
      const { retort } = await connect(env);
      if (name === undefined) {
        const list = await retort.recipes.list.query();
        if (json) return printJson(list);
        for (const recipe of list) print(`${recipe.name}\n      ${recipe.summary}`);
        return;
      }
      const recipe = await retort.recipes.get.query({ name });
      if (json) return printJson(recipe);
      const { listParameters } = await import("../output/parameters.ts");
      const stages = recipe.stages.map(({ name, inputs }) =>
        inputs.length === 0 ? name : `${name} (after ${inputs.join(", ")})`,
      );
      print(`${recipe.title}: ${recipe.summary}\n\nStages: ${stages.join(", ")}\n`);
      for (const { key, type, byDefault, description } of listParameters(recipe.schema)) {
        print(`  ${key}${byDefault === null ? "" : `=${byDefault}`}`);
        print(`      ${[type, description].filter((text) => text !== "").join(". ")}`);
      }
      hint(`\nretort launch ${recipe.name} --set key=value ...`);
    });
}
