import { z } from "zod";
import { artifact } from "../contract/artifact.ts";
import { procedure, router } from "../trpc.ts";
import { listArtifacts } from "../views/artifact.ts";

export const artifactsRouter = router({
  /** Files of all stages of a run. Bytes: GET /api/artifacts/<id>/download. */
  list: procedure
    .input(z.strictObject({ runId: z.uuid() }))
    .output(z.array(artifact))
    .query(({ ctx, input }) => listArtifacts(ctx.db, input.runId)),
});
