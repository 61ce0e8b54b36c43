import { type RecipeDefinition, recipes, SpecError } from "@retort/core";
import { z } from "zod";
import { describeIssues, valueAt } from "./issues.ts";

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
  const input = withDefaultVariants(recipe, given);
  const parsed = recipe.params.safeParse(input);
  if (parsed.success) return parsed.data as Record<string, unknown>;
  throw new SpecError({
    code: "BAD_PARAMS",
    ...describeIssues(parsed.error, { root: "params", input, schema: parameterSchema(recipe) }),
    fix: `\`retort recipes ${recipe.name}\` lists the parameters`,
  });
}

/**
 * The parameters with the default's choice where a union's own tag is left out: what differs from the defaults is all
 * that need be given, { data: { params: { numTrainImages: 500 } } } too.
 */
function withDefaultVariants(recipe: RecipeDefinition, given: Record<string, unknown>): Record<string, unknown> {
  const { error } = recipe.params.safeParse(given);
  const untagged = error?.issues.filter(
    ({ code, path }) => code === "invalid_union" && path.length > 0 && valueAt(given, path) === undefined,
  );
  if (untagged === undefined || untagged.length === 0) return given;
  const defaults = recipe.params.parse({});
  const filled = structuredClone(given);
  for (const { path } of untagged) {
    const parent = valueAt(filled, path.slice(0, -1));
    const tag = valueAt(defaults, path);
    if (typeof parent === "object" && parent !== null) Object.assign(parent, { [path.at(-1)!]: tag });
  }
  return filled;
}
