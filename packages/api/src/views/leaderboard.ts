import type { Database } from "@retort/db";
import type { Leaderboard } from "../contract/leaderboard.ts";
import { findRecipe } from "../parameters.ts";
import { findProject } from "./project.ts";

export interface LeaderboardQuery {
  recipe: string;
  project?: string | undefined;
  dataset?: string | undefined;
  metric?: string | undefined;
}

/** @throws SpecError for an unknown recipe or project */
export async function readLeaderboard(db: Database, query: LeaderboardQuery): Promise<Leaderboard> {
  const { headline, published } = findRecipe(query.recipe);
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
    published: metric === headline.metric ? [...published] : [],
  };
}
