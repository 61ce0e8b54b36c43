import { type RecipeDefinition, recipes, SpecError, withDefaultVariants } from "@retort/core";
import { z } from "zod";
import { describeIssues } from "./issues.ts";

export const recipeTable: Readonly<Record<string, RecipeDefinition>> = recipes;

/** @throws SpecError UNKNOWN_RECIPE naming the known ones */
export function findRecipe(name: string): RecipeDefinition {
  if (Object.hasOwn(recipeTable, name)) return recipeTable[name]!;
  throw new SpecError({
    code: "UNKNOWN_RECIPE",
    message: `There is no recipe "${name}"`,
    expected: `one of ${Object.keys(recipeTable).join(", ")}`,
    got: name,
    where: "recipe",
  });
}

/** JSON Schema of a recipe's parameters as they may be sent: those with a default may be left out. */
export function parameterSchema(recipe: RecipeDefinition): Record<string, unknown> {
  return z.toJSONSchema(recipe.params, { io: "input" }) as Record<string, unknown>;
}

/**
 * A recipe's parameters, complete.
 * @throws SpecError BAD_PARAMS with every complaint: path, expected, got; the known names for an unknown one
 */
export function completeParams(recipe: RecipeDefinition, given: Record<string, unknown>): Record<string, unknown> {
  const input = withDefaultVariants(recipe.params, given);
  const parsed = recipe.params.safeParse(input);
  if (parsed.success) return parsed.data as Record<string, unknown>;
  throw new SpecError({
    code: "BAD_PARAMS",
    ...describeIssues(parsed.error, { root: "params", input, schema: parameterSchema(recipe) }),
    fix: `\`retort recipes ${recipe.name}\` lists the parameters`,
  });
}
