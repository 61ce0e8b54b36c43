import { z } from "zod";
import { leaderboard, leaderboardMatrix, measuredRecipe } from "../contract/leaderboard.ts";
import { procedure, router } from "../trpc.ts";
import { listMeasuredRecipes, readLeaderboard, readLeaderboardMatrix } from "../views/leaderboard.ts";

export const leaderboardRouter = router({
  /** Which recipes have rows under their own headline; the first is the one worth a first look. */
  recipes: procedure
    .input(z.strictObject({ project: z.string().optional() }))
    .output(z.array(measuredRecipe))
    .query(({ ctx, input }) => listMeasuredRecipes(ctx.db, input.project)),

  /** One row a configuration, data set, split and condition; seeds grouped. `metric`: the recipe's headline by default. */
  rows: procedure
    .input(
      z.strictObject({
        recipe: z.string(),
        project: z.string().optional(),
        dataset: z.string().optional(),
        metric: z.string().optional(),
      }),
    )
    .output(leaderboard)
    .query(({ ctx, input }) => readLeaderboard(ctx.db, input)),

  /** Every configuration with every metric on every data set that it was measured on. */
  matrix: procedure
    .input(z.strictObject({ recipe: z.string(), project: z.string().optional() }))
    .output(leaderboardMatrix)
    .query(({ ctx, input }) => readLeaderboardMatrix(ctx.db, input)),
});
