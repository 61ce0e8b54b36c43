import { overview } from "../contract/overview.ts";
import { procedure, router } from "../trpc.ts";
import { readOverview } from "../views/overview.ts";

export const overviewRouter = router({
  /** What the first page shows: how many runs are in which state, some that are under way, the newest that have ended, the workers. */
  get: procedure.output(overview).query(({ ctx }) => readOverview(ctx.db)),
});
