import { z } from "zod";
import { keyProcedure, procedure, router } from "../trpc.ts";

const linkLifetimeMs = 24 * 60 * 60 * 1000;

export const authRouter = router({
  whoami: procedure
    .output(z.object({ kind: z.enum(["session", "key"]), name: z.string().nullable() }))
    .query(({ ctx: { principal } }) => ({
      kind: principal.kind,
      name: principal.kind === "key" ? principal.name : null,
    })),

  /** A path that signs one browser in, once: append it to the server's URL. */
  createLink: keyProcedure.output(z.object({ path: z.string(), expiresAt: z.date() })).mutation(async ({ ctx }) => {
    const expiresAt = new Date(Date.now() + linkLifetimeMs);
    const token = await ctx.db.auth.createLoginToken({ lifetimeMs: linkLifetimeMs });
    return { path: `/login?token=${encodeURIComponent(token)}`, expiresAt };
  }),
});
