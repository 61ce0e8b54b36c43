import { parseRun, type RecipeDefinition } from "@retort/core";
import { z } from "zod";
import { type Recipe, type RecipeSummary, recipe, recipeSummary } from "../contract/recipe.ts";
import { findRecipe, parameterSchema, recipeTable } from "../parameters.ts";
import { procedure, router } from "../trpc.ts";
import { stageTitle } from "../views/stage-title.ts";

export const recipesRouter = router({
  list: procedure.output(z.array(recipeSummary)).query(() => Object.values(recipeTable).map(summarise)),

  get: procedure
    .input(z.strictObject({ name: z.string() }))
    .output(recipe)
    .query(({ input }): Recipe => {
      const definition = findRecipe(input.name);
      const defaults = definition.params.parse({});
      return {
        ...summarise(definition),
        schema: parameterSchema(definition),
        defaults: defaults as Record<string, unknown>,
        published: [...definition.published],
        sweeps: Object.entries(definition.sweeps ?? {}).map(([name, { title, summary, ...request }]) => ({
          name,
          title,
          summary,
          request: { recipe: definition.name, name: `${definition.name}: ${name}`, ...request },
        })),
        stages: parseRun({ recipe: definition.name, params: {}, seed: 0 }).specs.map((spec) => ({
          name: spec.name,
          kind: spec.kind,
          title: stageTitle(spec.kind),
          inputs: [...new Set(Object.values(spec.inputs).map(({ stage }) => stage))],
        })),
      };
    }),
});

function summarise({ name, title, summary, headline }: RecipeDefinition): RecipeSummary {
  return { name, title, summary, headline };
}
