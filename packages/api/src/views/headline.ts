import type { Database } from "@retort/db";
import type { Headline } from "../contract/recipe.ts";
import type { Run } from "../contract/run.ts";
import { recipeTable } from "../parameters.ts";

type HeadlineValue = NonNullable<Run["headline"]>;

/** What ranks the runs of a recipe; undefined for a recipe that this version no longer has. */
export function headlineOf(recipe: string): Headline | undefined {
  return Object.hasOwn(recipeTable, recipe) ? recipeTable[recipe]!.headline : undefined;
}

/** The headline among a run's evaluations: of the full condition, the last one measured. */
export function pickHeadline(
  recipe: string,
  evaluations: readonly {
    condition: string;
    dataset: string;
    split: string;
    metrics: Record<string, number>;
    createdAt: Date;
  }[],
): HeadlineValue | null {
  const headline = headlineOf(recipe);
  if (headline === undefined) return null;
  const candidates = evaluations.filter(
    ({ condition, metrics }) => condition === "full" && metrics[headline.metric] !== undefined,
  );
  const newest = candidates.sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime())[0];
  if (newest === undefined) return null;
  const { dataset, split, metrics } = newest;
  return { ...headline, dataset, split, value: metrics[headline.metric]! };
}

/** Headlines of many runs in one query, by run id; runs without one are absent. */
export async function readHeadlines(
  db: Database,
  runs: readonly { id: string; recipe: string }[],
): Promise<Map<string, HeadlineValue>> {
  const runIds = runs.map(({ id }) => id);
  const evaluations = await db.prisma.evaluation.findMany({
    where: { condition: "full", stage: { runs: { some: { runId: { in: runIds } } } } },
    select: {
      condition: true,
      dataset: true,
      split: true,
      createdAt: true,
      metrics: { select: { metric: true, value: true } },
      stage: { select: { runs: { where: { runId: { in: runIds } }, select: { runId: true } } } },
    },
  });
  const byRun = new Map<string, Parameters<typeof pickHeadline>[1][number][]>();
  for (const { stage, metrics, ...rest } of evaluations) {
    const row = { ...rest, metrics: Object.fromEntries(metrics.map(({ metric, value }) => [metric, value])) };
    for (const { runId } of stage.runs) byRun.set(runId, [...(byRun.get(runId) ?? []), row]);
  }
  const found = new Map<string, HeadlineValue>();
  for (const { id, recipe } of runs) {
    const value = pickHeadline(recipe, byRun.get(id) ?? []);
    if (value !== null) found.set(id, value);
  }
  return found;
}
