import type { Retort } from "@retort/api/client";
import { parseAssignments } from "./assignments.ts";
import { listParameters } from "./output/parameters.ts";
import { resolveRun } from "./run-reference.ts";

/**
 * Parameters of a recipe from `--set`. Where the recipe wants a run, it may be named as in `retort show`.
 * @throws CliError as parseAssignments() and resolveRun()
 */
export async function readParameters(
  retort: Retort,
  recipe: string,
  assignments: readonly string[],
): Promise<Record<string, unknown>> {
  if (assignments.length === 0) return {};
  const keys = await runKeys(retort, recipe);
  // "12345e67" is the end of an id, too.
  return resolveRuns(retort, parseAssignments(assignments, { texts: new Set(keys) }), keys);
}

/** The same parameters with full ids of runs. @throws CliError as resolveRun() */
export async function withRunIds(
  retort: Retort,
  recipe: string,
  params: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  return resolveRuns(retort, params, await runKeys(retort, recipe));
}

async function runKeys(retort: Retort, recipe: string): Promise<string[]> {
  const { schema } = await retort.recipes.get.query({ name: recipe });
  return listParameters(schema).flatMap(({ key, isRun }) => (isRun ? [key] : []));
}

async function resolveRuns(retort: Retort, params: Record<string, unknown>, keys: readonly string[]) {
  const resolved = structuredClone(params);
  for (const key of keys) {
    const path = key.split(".");
    const last = path.pop()!;
    const parent = path.reduce<unknown>((at, part) => (isObject(at) ? at[part] : undefined), resolved);
    if (!isObject(parent)) continue;
    const reference = parent[last];
    if (typeof reference === "string") parent[last] = await resolveRun(retort, reference);
  }
  return resolved;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
