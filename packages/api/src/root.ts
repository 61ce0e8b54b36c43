import { apiKeysRouter } from "./routers/api-keys.ts";
import { artifactsRouter } from "./routers/artifacts.ts";
import { authRouter } from "./routers/auth.ts";
import { evaluationsRouter } from "./routers/evaluations.ts";
import { leaderboardRouter } from "./routers/leaderboard.ts";
import { overviewRouter } from "./routers/overview.ts";
import { previewsRouter } from "./routers/previews.ts";
import { projectsRouter } from "./routers/projects.ts";
import { queueRouter } from "./routers/queue.ts";
import { recipesRouter } from "./routers/recipes.ts";
import { runsRouter } from "./routers/runs.ts";
import { stagesRouter } from "./routers/stages.ts";
import { sweepsRouter } from "./routers/sweeps.ts";
import { workersRouter } from "./routers/workers.ts";
import { router } from "./trpc.ts";

export const appRouter = router({
  apiKeys: apiKeysRouter,
  artifacts: artifactsRouter,
  auth: authRouter,
  evaluations: evaluationsRouter,
  leaderboard: leaderboardRouter,
  overview: overviewRouter,
  previews: previewsRouter,
  projects: projectsRouter,
  queue: queueRouter,
  recipes: recipesRouter,
  runs: runsRouter,
  stages: stagesRouter,
  sweeps: sweepsRouter,
  workers: workersRouter,
});
export type AppRouter = typeof appRouter;
