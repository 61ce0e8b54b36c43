import { recipes } from "@retort/core";
import type { Database } from "@retort/db";
import type { Leaderboard, LeaderboardMatrix, MeasuredRecipe } from "../contract/leaderboard.ts";
import { findRecipe, recipeTable } from "../parameters.ts";
import { findProject } from "./project.ts";
import { publishedBeside } from "./published.ts";

export interface LeaderboardQuery {
  recipe: string;
  project?: string | undefined;
  dataset?: string | undefined;
  metric?: string | undefined;
}

/** @throws SpecError for an unknown project */
export async function listMeasuredRecipes(db: Database, project: string | undefined): Promise<MeasuredRecipe[]> {
  const projectId = project === undefined ? undefined : (await findProject(db, project)).id;
  const headlines = Object.values(recipeTable).map(({ name, headline }) => ({ recipe: name, metric: headline.metric }));
  const measured = await db.leaderboard.measured({ headlines, projectId });
  const isCheck = ({ recipe }: { recipe: string }) => Number(recipe === recipes.diagnostic.name);
  return measured
    .map((row) => ({ ...row, title: recipeTable[row.recipe]!.title }))
    .sort((a, b) => isCheck(a) - isCheck(b));
}

/** @throws SpecError for an unknown recipe or project */
export async function readLeaderboard(db: Database, query: LeaderboardQuery): Promise<Leaderboard> {
  const { headline } = findRecipe(query.recipe);
  const metric = query.metric ?? headline.metric;
  const projectId = query.project === undefined ? undefined : (await findProject(db, query.project)).id;
  const rows = await db.leaderboard.rows({ recipe: query.recipe, metric, projectId, dataset: query.dataset });
  // Of other metrics nobody has said which end is better; higher first, as for most.
  const sign = metric === headline.metric && !headline.higherIsBetter ? 1 : -1;
  return {
    recipe: query.recipe,
    headline,
    metric,
    rows: rows.map(({ runName, ...row }) => ({ ...row, name: runName })).sort((a, b) => sign * (a.mean - b.mean)),
    published: publishedBeside(query.recipe, metric),
  };
}

/** @throws SpecError for an unknown recipe or project */
export async function readLeaderboardMatrix(
  db: Database,
  query: { recipe: string; project?: string | undefined },
): Promise<LeaderboardMatrix> {
  const { headline } = findRecipe(query.recipe);
  const projectId = query.project === undefined ? undefined : (await findProject(db, query.project)).id;
  const cells = await db.leaderboard.cells({ recipe: query.recipe, projectId });
  const full = cells.filter(({ condition }) => condition === "full");
  const columnOf = ({ dataset, split, metric }: LeaderboardMatrix["columns"][number]) =>
    JSON.stringify([dataset, split, metric]);
  const columns = new Map(
    full.map(({ dataset, split, metric }) => [columnOf({ dataset, split, metric }), { dataset, split, metric }]),
  );
  const rows = [...new Set(full.map(({ configKey }) => configKey))].map((configKey) => {
    const own = new Map(full.filter((cell) => cell.configKey === configKey).map((cell) => [columnOf(cell), cell]));
    const [first] = own.values();
    return {
      configKey,
      name: first!.runName,
      params: first!.params,
      cells: [...columns.keys()].map((column) => {
        const cell = own.get(column);
        return cell === undefined ? null : { n: cell.n, mean: cell.mean, std: cell.std, runIds: cell.runIds };
      }),
    };
  });
  return { recipe: query.recipe, headline, columns: [...columns.values()], rows };
}
