import type { PublishedRow } from "@retort/core";
import { recipeTable } from "../parameters.ts";

/**
 * What others published beside a recipe's runs, as these are compared by a metric: everything for the headline, whose unit the
 * rows have, and else the rows of that metric. None for a recipe that this version no longer has.
 */
export function publishedBeside(recipe: string, metric: string): PublishedRow[] {
  if (!Object.hasOwn(recipeTable, recipe)) return [];
  const { headline, published } = recipeTable[recipe]!;
  return published.filter((row) => metric === headline.metric || row.metric === metric);
}
