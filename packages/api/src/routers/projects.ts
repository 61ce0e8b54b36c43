import { z } from "zod";
import { project, projectSlug } from "../contract/project.ts";
import { procedure, router } from "../trpc.ts";

export const projectsRouter = router({
  list: procedure.output(z.array(project)).query(({ ctx }) => ctx.db.projects.list()),

  /** Makes the project, or gives the one that has the slug already. */
  ensure: procedure
    .input(z.strictObject({ slug: projectSlug, name: z.string().trim().min(1).max(200) }))
    .output(project)
    .mutation(({ ctx, input }) => ctx.db.projects.ensure(input)),

  /** What the project may take of the machines: left out stays as it is. */
  setLimits: procedure
    .input(
      z.strictObject({
        slug: projectSlug,
        maxRunning: z.number().int().min(1).max(100_000).nullish().describe("Stages at once; null for no limit"),
        share: z.number().min(0.01).max(100).optional().describe("Weight against other projects"),
      }),
    )
    .output(project)
    .mutation(({ ctx, input: { slug, ...limits } }) => ctx.db.projects.setLimits(slug, limits)),

  /** Whether what it launches from now on shares finished stages with other projects, in both directions. */
  setIsolated: procedure
    .input(z.strictObject({ slug: projectSlug, isIsolated: z.boolean() }))
    .output(project)
    .mutation(({ ctx, input }) => ctx.db.projects.setIsolated(input.slug, input.isIsolated)),
});
