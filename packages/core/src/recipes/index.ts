import { benchmarksOfRun } from "./benchmarks.ts";
import { clipAda } from "./clip-ada/recipe.ts";
import { meanBrightness, memoryBank, padim, patchcore, zeroShot } from "./detectors/detectors.ts";
import { diagnostic } from "./diagnostic.ts";
import { llavaFiles } from "./llava-files.ts";
import { llavaKd } from "./llava-kd.ts";
import { llavaTeacher } from "./llava-teacher.ts";
import { quickstart } from "./quickstart.ts";
import type { RecipeDefinition } from "./recipe.ts";

/** Every recipe, by its name, in the order in which lists show them. */
export const recipes = {
  quickstart,
  "llava-kd": llavaKd,
  "llava-teacher": llavaTeacher,
  "llava-files": llavaFiles,
  benchmarks: benchmarksOfRun,
  "clip-ada": clipAda,
  patchcore,
  padim,
  "memory-bank": memoryBank,
  "zero-shot": zeroShot,
  "mean-brightness": meanBrightness,
  diagnostic,
} satisfies Record<string, RecipeDefinition>;
export type RecipeName = keyof typeof recipes;
