import {
  checkSearch,
  defaultConcurrency,
  needsWatch,
  type Objective,
  objective,
  type RecipeDefinition,
  type Search,
  SpecError,
  type Watch,
} from "@retort/core";
import type { z } from "zod";
import type { Headline } from "../contract/recipe.ts";
import type { sweepRequest } from "../contract/sweep.ts";
import { completeParams, findRecipe } from "../parameters.ts";

/** A request that a sweep can be made of: complete and checked. */
export interface CheckedSweep {
  recipe: RecipeDefinition;
  name: string;
  /** As given, checked. */
  params: Record<string, unknown>;
  search: Search;
  objective: Objective;
  watch: Watch | null;
  maxConcurrentRuns: number | null;
  priority: number;
}

/**
 * Completes a request for a sweep and refuses one that cannot run.
 * @throws SpecError for an unknown recipe or stage, wrong parameters, and all that checkSearch() refuses; MISSING_MODE, MISSING_WATCH
 */
export function readSweepRequest(request: z.output<typeof sweepRequest>): CheckedSweep {
  const recipe = findRecipe(request.recipe);
  completeParams(recipe, request.params);
  const compared = request.objective ?? objective.parse({ metric: recipe.headline.metric });
  const mode = request.search.mode ?? modeOf(compared, recipe.headline);
  const search = checkSearch({ ...request.search, mode }, { schema: recipe.params, base: request.params });
  const watched = request.watch ?? null;
  if (watched === null && needsWatch(search)) throw missingWatch(search);
  for (const stage of [compared.stage, watched?.stage]) if (stage != null) requireStage(recipe, stage);
  return {
    recipe,
    name: request.name ?? recipe.name,
    params: request.params,
    search,
    objective: compared,
    watch: watched,
    maxConcurrentRuns: request.maxConcurrentRuns ?? defaultConcurrency(search),
    priority: request.priority,
  };
}

function modeOf({ metric }: Objective, headline: Headline): "max" | "min" {
  if (metric === headline.metric) return headline.higherIsBetter ? "max" : "min";
  throw new SpecError({
    code: "MISSING_MODE",
    message: `Nobody has said whether more or less of "${metric}" is better`,
    expected: "search.mode: max or min",
    got: "neither",
    where: "search.mode",
  });
}

function missingWatch({ pruner, population }: Search): SpecError {
  const who = population === null ? `The pruner "${pruner.kind}"` : "A population";
  return new SpecError({
    code: "MISSING_WATCH",
    message: `${who} judges trials by what they report on their way, and nothing is named`,
    expected: "watch: { metric, mode }",
    got: "none",
    where: "watch",
    fix: "Name a metric that training reports, for example watch: { metric: loss, mode: min }",
  });
}

/** By the stages that the defaults give. */
function requireStage(recipe: RecipeDefinition, stage: string): void {
  const names = recipe.stages(recipe.params.parse({}), 0).map(({ name }) => name);
  if (names.includes(stage)) return;
  throw new SpecError({
    code: "UNKNOWN_STAGE",
    message: `The recipe "${recipe.name}" has no stage "${stage}"`,
    expected: `one of ${names.join(", ")}`,
    got: stage,
    where: "stage",
  });
}
