import { z } from "zod";
import { evaluation, evaluationSamples } from "../contract/evaluation.ts";
import { procedure, router } from "../trpc.ts";

export const evaluationsRouter = router({
  /** Of all stages of the run. */
  forRun: procedure
    .input(z.strictObject({ runId: z.uuid() }))
    .output(z.array(evaluation))
    .query(({ ctx, input }) => ctx.db.evaluations.forRun(input.runId)),

  samples: procedure
    .input(
      z.strictObject({
        evaluationId: z.uuid(),
        offset: z.number().int().min(0).default(0),
        limit: z.number().int().min(1).max(5000).default(50),
        /** Score below 0.5. */
        onlyWrong: z.boolean().default(false),
        onlyWithImage: z.boolean().default(false),
      }),
    )
    .output(evaluationSamples)
    .query(({ ctx, input }) => ctx.db.evaluations.samples(input)),
});
