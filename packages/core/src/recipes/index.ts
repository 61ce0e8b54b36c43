import { diagnostic } from "./diagnostic.ts";
import { llavaKd } from "./llava-kd.ts";
import { llavaTeacher } from "./llava-teacher.ts";
import { quickstart } from "./quickstart.ts";
import type { RecipeDefinition } from "./recipe.ts";

/** Every recipe, by its name. */
export const recipes = { quickstart, diagnostic, "llava-kd": llavaKd, "llava-teacher": llavaTeacher } satisfies Record<
  string,
  RecipeDefinition
>;
export type RecipeName = keyof typeof recipes;
