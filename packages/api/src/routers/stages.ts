import { tracked } from "@trpc/server";
import { z } from "zod";
import { jsonObject } from "../contract/json.ts";
import {
  attempt,
  logLine,
  metricPoint,
  nearStage,
  type StageEvent,
  series,
  stageComparison,
} from "../contract/stage.ts";
import { stageEvents } from "../live/stage.ts";
import { procedure, router } from "../trpc.ts";
import { explainStage, listLogs, listPoints, listSeries, nearestStages } from "../views/stage.ts";
import { compareStages } from "../views/stage-compare.ts";

const stageId = z.strictObject({ stageId: z.uuid() });

export const stagesRouter = router({
  /**
   * Curves of a stage in at most `maxPoints` buckets each: minimum, maximum and last value, so that no spike is lost.
   * `cursor` given to live() continues them.
   */
  series: procedure
    .input(
      stageId.extend({
        keys: z.array(z.string()).max(100).optional(),
        maxPoints: z.number().int().min(2).max(10_000).default(1000),
      }),
    )
    .output(z.object({ series: z.array(series), cursor: z.string() }))
    .query(({ ctx, input }) => listSeries(ctx.db, input)),

  /** Exact points, at most `limit` a key from each call: pass `cursor` on until it is null. For export. */
  points: procedure
    .input(
      stageId.extend({ cursor: z.string().nullish(), limit: z.number().int().min(1).max(100_000).default(10_000) }),
    )
    .output(z.object({ points: z.array(metricPoint), cursor: z.string().nullable() }))
    .query(({ ctx, input }) => listPoints(ctx.db, input)),

  /** Lines after `afterSeq`; without it the last `limit` lines. */
  logs: procedure
    .input(
      stageId.extend({ afterSeq: z.number().int().optional(), limit: z.number().int().min(1).max(5000).default(1000) }),
    )
    .output(z.object({ lines: z.array(logLine) }))
    .query(({ ctx, input }) => listLogs(ctx.db, input)),

  /** Every try of the stage, oldest first. */
  attempts: procedure
    .input(stageId)
    .output(z.array(attempt))
    .query(({ ctx, input }) => ctx.db.attempts.forStage(input.stageId)),

  /** Lets a quarantined stage run again, with a new budget of attempts. */
  release: procedure.input(stageId).mutation(({ ctx, input }) => ctx.db.stages.release(input.stageId)),

  /** Which parts the content key is made of, and which runs use the stage. */
  explain: procedure
    .input(stageId)
    .output(
      z.object({
        contentKey: z.string(),
        keyParts: jsonObject,
        usedBy: z.array(
          z.object({ runId: z.string(), runName: z.string(), stageName: z.string(), reused: z.boolean() }),
        ),
      }),
    )
    .query(({ ctx, input }) => explainStage(ctx.db, input.stageId)),

  /** Stages of the same kind that are nearly the same, nearest first: why this one was not taken from them. */
  nearest: procedure
    .input(stageId.extend({ limit: z.number().int().min(1).max(50).default(3) }))
    .output(z.array(nearStage))
    .query(({ ctx, input }) => nearestStages(ctx.db, input)),

  /** In which parts of their content keys two stages differ, down to the cause. */
  compare: procedure
    .input(stageId.extend({ otherId: z.uuid() }))
    .output(stageComparison)
    .query(({ ctx, input }) => compareStages(ctx.db, input.stageId, input.otherId)),

  /**
   * What happens to a stage as it happens, at most four messages a second; ends when the stage has. It begins with the
   * points after `cursor` (of series(); without it all points) and the log lines after `afterSeq`; a reconnect goes on
   * where the last message ended.
   */
  live: procedure
    .input(
      stageId.extend({
        cursor: z.string().optional(),
        afterSeq: z.number().int().optional(),
        lastEventId: z.string().nullish(),
      }),
    )
    .subscription(async function* ({ ctx, input, signal }) {
      for await (const { id, event } of stageEvents(ctx.db, { ...input, signal: signal! })) {
        yield tracked<StageEvent>(id, event);
      }
    }),
});
