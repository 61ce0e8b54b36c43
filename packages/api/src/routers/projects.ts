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
});
