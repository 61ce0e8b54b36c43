import { diagnostic } from "./diagnostic.ts";
import type { RecipeDefinition } from "./recipe.ts";

/** Every recipe, by its name. */
export const recipes = { diagnostic } satisfies Record<string, RecipeDefinition>;
export type RecipeName = keyof typeof recipes;
