import { diagnostic } from "./diagnostic.ts";
import { quickstart } from "./quickstart.ts";
import type { RecipeDefinition } from "./recipe.ts";

/** Every recipe, by its name. */
export const recipes = { quickstart, diagnostic } satisfies Record<string, RecipeDefinition>;
export type RecipeName = keyof typeof recipes;
