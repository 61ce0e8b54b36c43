import { tracked } from "@trpc/server";
import { z } from "zod";
import { jsonObject } from "../contract/json.ts";
import { publishedRow } from "../contract/recipe.ts";
import { priority, seed } from "../contract/run.ts";
import {
  type Sweep,
  sweep,
  sweepDag,
  sweepExport,
  sweepFailures,
  sweepImportance,
  sweepPreview,
  sweepRequest,
  sweepStatus,
  sweepSummary,
  trialPage,
  trialStatus,
} from "../contract/sweep.ts";
import { sweepSnapshots } from "../live/sweep.ts";
import { launchSweep } from "../sweeps/launch.ts";
import { previewSweep } from "../sweeps/preview.ts";
import { procedure, router } from "../trpc.ts";
import { findProject } from "../views/project.ts";
import { findPublished, findSweep, listSweeps, listTrials } from "../views/sweep.ts";
import { findSweepDag } from "../views/sweep-dag.ts";
import { exportSweep } from "../views/sweep-export.ts";
import { sweepSettings } from "../views/sweep-settings.ts";
import { findFailures, findImportance } from "../views/sweep-values.ts";

const sweepId = z.strictObject({ sweepId: z.uuid() });

export const sweepsRouter = router({
  /** What launch would do: points, runs, stages, what is shared and what is there already, and how long it may take. */
  preview: procedure
    .input(sweepRequest)
    .output(sweepPreview)
    .query(({ ctx, input }) => previewSweep(ctx.db, input)),

  /** Samplers, pruners and all else that a sweep is set up with, as one JSON Schema with its defaults: forms are made from it. */
  settings: procedure
    .output(z.object({ schema: jsonObject, defaults: jsonObject, watchingPruners: z.array(z.string()) }))
    .query(() => sweepSettings()),

  launch: procedure
    .input(sweepRequest)
    .output(z.object({ sweepId: z.string() }))
    .mutation(async ({ ctx, input }) => ({ sweepId: await launchSweep(ctx.db, input) })),

  /** Newest first; `cursor` is the id of the last sweep of the page before. */
  list: procedure
    .input(
      z.strictObject({
        project: z.string().optional(),
        status: sweepStatus.optional(),
        recipe: z.string().optional(),
        limit: z.number().int().min(1).max(200).default(30),
        cursor: z.uuid().nullish(),
      }),
    )
    .output(z.object({ sweeps: z.array(sweepSummary), nextCursor: z.string().nullable() }))
    .query(async ({ ctx, input: { project, cursor, ...page } }) => {
      const projectId = project === undefined ? undefined : (await findProject(ctx.db, project)).id;
      return listSweeps(ctx.db, { ...page, cursor: cursor ?? undefined, projectId });
    }),

  get: procedure
    .input(sweepId)
    .output(sweep)
    .query(({ ctx, input }) => findSweep(ctx.db, input.sweepId)),

  /** Its trials, in their order or the best first. */
  trials: procedure
    .input(
      sweepId.extend({
        status: trialStatus.optional(),
        order: z.enum(["trial", "best"]).default("trial"),
        offset: z.number().int().min(0).default(0),
        limit: z.number().int().min(1).max(5_000).default(100),
      }),
    )
    .output(trialPage)
    .query(({ ctx, input }) => listTrials(ctx.db, input)),

  /** The stages of all its runs, equal ones drawn once and many alike as one node. */
  dag: procedure
    .input(sweepId)
    .output(sweepDag)
    .query(({ ctx, input }) => findSweepDag(ctx.db, input.sweepId)),

  /** What others published, in the unit of the objective: to stand beside the trials, marked, never among them. */
  published: procedure
    .input(sweepId)
    .output(z.array(publishedRow))
    .query(({ ctx, input }) => findPublished(ctx.db, input.sweepId)),

  /** How trials ended, by each value of each parameter. */
  failures: procedure
    .input(sweepId)
    .output(sweepFailures)
    .query(({ ctx, input }) => findFailures(ctx.db, input.sweepId)),

  /** The objective by each value of each parameter, one parameter at a time. */
  importance: procedure
    .input(sweepId)
    .output(sweepImportance)
    .query(({ ctx, input }) => findImportance(ctx.db, input.sweepId)),

  /** Starts nothing more; trials under way finish, or stop and go on from their checkpoint after resume(). */
  pause: procedure
    .input(sweepId.extend({ running: z.enum(["finish", "stop"]).default("finish") }))
    .mutation(({ ctx, input: { sweepId, ...options } }) => ctx.db.sweeps.pause(sweepId, options)),

  resume: procedure.input(sweepId).mutation(({ ctx, input }) => ctx.db.sweeps.resume(input.sweepId)),

  /** Takes its trials, those to come too, sooner or later than other work. */
  setPriority: procedure
    .input(sweepId.extend({ priority }))
    .mutation(({ ctx, input }) => ctx.db.sweeps.setPriority(input.sweepId, input.priority)),

  /** Adds points of the same search, or seeds to every point; a finished sweep runs again. */
  extend: procedure
    .input(
      sweepId.extend({
        points: z.number().int().min(0).max(1_000_000).default(0).describe("Points more"),
        seeds: z.array(seed).max(1_000).default([]).describe("Seeds that every point gets as well"),
      }),
    )
    .mutation(({ ctx, input: { sweepId, ...extension } }) => ctx.db.sweeps.extend(sweepId, extension)),

  /** Stops what only this sweep wants; stages that others share go on. */
  cancel: procedure.input(sweepId).mutation(({ ctx, input }) => ctx.db.sweeps.cancel(input.sweepId)),

  /** Every trial with point, seed, status, value, metrics, times and content keys: as rows and as CSV. */
  export: procedure
    .input(sweepId)
    .output(sweepExport)
    .query(({ ctx, input }) => exportSweep(ctx.db, input.sweepId)),

  /** The sweep as it is now and again whenever it has changed, at most once a second; ends when the sweep has. */
  live: procedure.input(sweepId.extend({ lastEventId: z.string().nullish() })).subscription(async function* ({
    ctx,
    input,
    signal,
  }) {
    for await (const { id, sweep } of sweepSnapshots(ctx.db, { ...input, signal: signal! })) {
      yield tracked<Sweep>(id, sweep);
    }
  }),
});
