import { z } from "zod";
import { evaluation, evaluationSamples } from "../contract/evaluation.ts";
import { procedure, router } from "../trpc.ts";
import { listEvaluations, listSamples } from "../views/evaluation.ts";

export const evaluationsRouter = router({
  forRun: procedure
    .input(z.strictObject({ runId: z.uuid() }))
    .output(z.array(evaluation))
    .query(({ ctx, input }) => listEvaluations(ctx.db, input.runId)),

  samples: procedure
    .input(
      z.strictObject({
        evaluationId: z.uuid(),
        offset: z.number().int().min(0).default(0),
        limit: z.number().int().min(1).max(5000).default(50),
        onlyWrong: z.boolean().default(false),
      }),
    )
    .output(evaluationSamples)
    .query(({ ctx, input }) => listSamples(ctx.db, input)),
});
