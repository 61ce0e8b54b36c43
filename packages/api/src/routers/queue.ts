import { z } from "zod";
import { queue, queuePlace } from "../contract/queue.ts";
import { procedure, router } from "../trpc.ts";
import { readQueue } from "../views/queue.ts";

export const queueRouter = router({
  /** What runs and what waits in the order in which it is taken, or one place of the line, at most `limit` of it. */
  get: procedure
    .input(z.strictObject({ place: queuePlace.optional(), limit: z.number().int().min(1).max(1000).default(100) }))
    .output(queue)
    .query(({ ctx, input }) => readQueue(ctx.db, input)),
});
