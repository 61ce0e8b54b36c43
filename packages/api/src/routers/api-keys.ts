import { z } from "zod";
import { apiKey } from "../contract/api-key.ts";
import { procedure, router } from "../trpc.ts";

export const apiKeysRouter = router({
  /** Oldest first. */
  list: procedure.output(z.array(apiKey)).query(({ ctx }) => ctx.db.auth.listApiKeys()),

  /** Makes a key and tells its secret, which nobody can read again. */
  create: procedure
    .input(z.strictObject({ name: z.string().trim().min(1).max(100) }))
    .output(z.object({ id: z.string(), key: z.string() }))
    .mutation(({ ctx, input }) => ctx.db.auth.createApiKey(input.name)),

  /** Refuses from now on whoever comes with it. */
  revoke: procedure
    .input(z.strictObject({ id: z.uuid() }))
    .mutation(({ ctx, input }) => ctx.db.auth.revokeApiKey(input.id)),
});
