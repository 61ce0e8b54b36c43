import { z } from "zod";
import { artifact } from "../contract/artifact.ts";
import { lineage } from "../contract/lineage.ts";
import { procedure, router } from "../trpc.ts";
import { listArtifacts } from "../views/artifact.ts";
import { lineageOf } from "../views/lineage.ts";

export const artifactsRouter = router({
  /** Files of all stages of a run. Bytes: GET /api/artifacts/<id>/download. */
  list: procedure
    .input(z.strictObject({ runId: z.uuid() }))
    .output(z.array(artifact))
    .query(({ ctx, input }) => listArtifacts(ctx.db, input.runId)),

  /** What a file of a run was made from, across the runs that its stages were taken from, and how it was evaluated. */
  lineage: procedure
    .input(z.strictObject({ runId: z.uuid(), artifactId: z.uuid() }))
    .output(lineage)
    .query(({ ctx, input }) => lineageOf(ctx.db, input)),
});
