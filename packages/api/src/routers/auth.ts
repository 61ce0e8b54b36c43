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

  /** A link that signs one browser in, once; on the name by which the server was called. */
  createLink: keyProcedure.output(z.object({ url: z.string(), expiresAt: z.date() })).mutation(async ({ ctx }) => {
    const expiresAt = new Date(Date.now() + linkLifetimeMs);
    const token = await ctx.db.auth.createLoginToken({ lifetimeMs: linkLifetimeMs });
    const path = `/login?token=${encodeURIComponent(token)}`;
    return { url: new URL(path, originOf(ctx.request.headers)).href, expiresAt };
  }),
});

function originOf(headers: Headers): string {
  const scheme = headers.get("x-forwarded-proto") === "https" ? "https" : "http";
  return `${scheme}://${headers.get("host")}`;
}
