import { NotFoundError } from "@retort/db";
import { z } from "zod";
import { listedWorker, workerDetail } from "../contract/worker.ts";
import { procedure, router } from "../trpc.ts";
import { listWorkers } from "../views/worker.ts";

const workerId = z.strictObject({ workerId: z.uuid() });

export const workersRouter = router({
  /** Online and draining ones first, then those gone within the last day. */
  list: procedure.output(z.array(listedWorker)).query(({ ctx }) => listWorkers(ctx.db)),

  /** With what its machine did in the last `minutes`, at most `maxSamples` of it. */
  get: procedure
    .input(
      workerId.extend({
        minutes: z.number().min(1).max(1440).default(30),
        maxSamples: z.number().int().min(2).max(5000).default(500),
      }),
    )
    .output(workerDetail)
    .query(async ({ ctx: { db }, input }) => {
      const { minutes, maxSamples: maxPoints } = input;
      const [row, samples] = await Promise.all([
        db.workers.get(input.workerId),
        db.workerSamples.recent({ workerId: input.workerId, sinceMs: minutes * 60_000, maxPoints }),
      ]);
      if (row === null) throw new NotFoundError("worker", input.workerId);
      return { ...row, samples };
    }),

  /** Lets it take nothing new; what it runs goes on. */
  drain: procedure.input(workerId).mutation(({ ctx, input }) => ctx.db.workers.drain(input.workerId, true)),

  /** Lets it take stages again. */
  undrain: procedure.input(workerId).mutation(({ ctx, input }) => ctx.db.workers.drain(input.workerId, false)),
});
