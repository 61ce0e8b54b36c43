import { z } from "zod";
import { comparison, comparisonRequest } from "../contract/comparison.ts";
import { evaluation, evaluationSamples, sampleFacet } from "../contract/evaluation.ts";
import { procedure, router } from "../trpc.ts";
import { compareRuns } from "../views/comparison.ts";

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
        /** Fields of the details and the value that each must have: { category: "screw" }. */
        fields: z.record(z.string(), z.string()).default({}),
        sampleIds: z.array(z.string()).max(500).optional(),
        order: z.enum(["index", "worst", "best"]).default("index"),
      }),
    )
    .output(evaluationSamples)
    .query(({ ctx, input }) => ctx.db.evaluations.samples(input)),

  /** What the samples can be filtered by: fields of their details with few values, such as category, defect and kind of answer. */
  facets: procedure
    .input(z.strictObject({ evaluationId: z.uuid() }))
    .output(z.array(sampleFacet))
    .query(({ ctx, input }) => ctx.db.evaluations.facets(input.evaluationId)),

  /** Paired differences of groups of runs (the seeds of a configuration) against a baseline, on one data set and condition. */
  compare: procedure
    .input(comparisonRequest)
    .output(z.array(comparison))
    .query(({ ctx, input }) => compareRuns(ctx.db, input)),
});
