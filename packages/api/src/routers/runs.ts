import { tracked } from "@trpc/server";
import { z } from "zod";
import { forkRun, listCheckpoints, rerunRun } from "../again.ts";
import { jsonObject } from "../contract/json.ts";
import {
  launchRequest,
  previewRequest,
  priority,
  type Run,
  run,
  runPreview,
  runStatus,
  runSummary,
  stageDifference,
} from "../contract/run.ts";
import { launchRuns, previewRuns } from "../launch.ts";
import { runSnapshots } from "../live/run.ts";
import { procedure, router } from "../trpc.ts";
import { findProject } from "../views/project.ts";
import { compareRuns, findRun, listRuns } from "../views/run.ts";

const runId = z.strictObject({ runId: z.uuid() });

export const runsRouter = router({
  /** What launch would do: runs, stages, what is shared and what is there already. */
  preview: procedure
    .input(previewRequest)
    .output(runPreview)
    .query(({ ctx, input }) => previewRuns(ctx.db, input)),

  launch: procedure
    .input(launchRequest)
    .output(z.object({ runIds: z.array(z.string()) }))
    .mutation(async ({ ctx, input }) => ({ runIds: await launchRuns(ctx.db, input) })),

  /** Newest first; `cursor` is the id of the last run of the page before. */
  list: procedure
    .input(
      z.strictObject({
        project: z.string().optional(),
        status: runStatus.optional(),
        recipe: z.string().optional(),
        artifact: z.string().optional().describe("Only runs with a finished stage that has left one of this name"),
        artifactOf: z.array(z.string()).max(50).optional().describe("With artifact: only of stages of these kinds"),
        search: z
          .string()
          .trim()
          .min(1)
          .max(200)
          .optional()
          .describe("A part of its name or recipe, or the end of its id"),
        /** Metrics whose newest values are wanted: ["loss"]. */
        metricKeys: z.array(z.string()).max(50).default([]),
        limit: z.number().int().min(1).max(500).default(50),
        cursor: z.uuid().nullish(),
      }),
    )
    .output(z.object({ runs: z.array(runSummary), nextCursor: z.string().nullable() }))
    .query(async ({ ctx, input: { project, cursor, ...page } }) => {
      const projectId = project === undefined ? undefined : (await findProject(ctx.db, project)).id;
      return listRuns(ctx.db, { ...page, cursor: cursor ?? undefined, projectId });
    }),

  get: procedure
    .input(runId)
    .output(run)
    .query(({ ctx, input }) => findRun(ctx.db, input.runId)),

  /** Stops what only this run wants; stages that other live runs share go on. */
  cancel: procedure.input(runId).mutation(({ ctx, input }) => ctx.db.runs.cancel(input.runId)),

  /** Gives failed and cancelled stages a new budget of attempts. */
  retry: procedure.input(runId).mutation(({ ctx, input }) => ctx.db.runs.retry(input.runId)),

  /** Takes no further stages for it; those that run for it alone stop and go on from their checkpoint after resume(). */
  pause: procedure.input(runId).mutation(({ ctx, input }) => ctx.db.runs.pause(input.runId)),

  resume: procedure.input(runId).mutation(({ ctx, input }) => ctx.db.runs.resume(input.runId)),

  /** Higher is sooner; a stage that several runs want takes the highest. */
  setPriority: procedure
    .input(runId.extend({ priority }))
    .mutation(({ ctx, input }) => ctx.db.runs.setPriority(input.runId, input.priority)),

  /** Executes a stage and all that depends on it anew, or every stage; results so far are kept, in a run of their own. */
  rerun: procedure
    .input(runId.extend({ from: z.string().optional().describe("Name of the stage; left out: every stage") }))
    .output(z.object({ runId: z.string() }))
    .mutation(({ ctx, input }) => rerunRun(ctx.db, input)),

  /** Checkpoints that a stage keeps, newest first: a fork begins from any of them. */
  checkpoints: procedure
    .input(runId.extend({ stage: z.string() }))
    .output(z.array(z.object({ step: z.number().int(), sizeBytes: z.number(), createdAt: z.date() })))
    .query(({ ctx, input }) => listCheckpoints(ctx.db, input)),

  /** Goes on from a checkpoint of a stage with changed parameters, as a run of its own. */
  fork: procedure
    .input(
      runId.extend({
        stage: z.string().describe("Name of the stage whose checkpoint is taken"),
        step: z.number().int().optional().describe("Step of the checkpoint; left out, the newest"),
        params: jsonObject.default({}).describe("What changes, laid over the run's parameters"),
        name: z.string().trim().min(1).max(200).optional(),
      }),
    )
    .output(z.object({ runId: z.string(), step: z.number().int() }))
    .mutation(({ ctx, input }) => forkRun(ctx.db, input)),

  /** How the results of two runs differ, bit by bit: files, metrics, evaluations with every sample. */
  compare: procedure
    .input(runId.extend({ otherId: z.uuid() }))
    .output(z.array(stageDifference))
    .query(({ ctx, input }) => compareRuns(ctx.db, input.runId, input.otherId)),

  /** The run as it is now and again whenever it has changed, at most four times a second; ends when the run has. */
  live: procedure.input(runId.extend({ lastEventId: z.string().nullish() })).subscription(async function* ({
    ctx,
    input,
    signal,
  }) {
    for await (const { id, run } of runSnapshots(ctx.db, { ...input, signal: signal! })) {
      yield tracked<Run>(id, run);
    }
  }),
});
