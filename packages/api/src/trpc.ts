import { RetortError } from "@retort/engine";
import { initTRPC } from "@trpc/server";
import superjson from "superjson";
import { refuseForeignPages, requirePrincipal } from "./auth.ts";
import type { Context } from "./context.ts";
import type { ErrorView } from "./contract/error.ts";
import { AccessError, errorView, toTRPCError } from "./errors.ts";

const t = initTRPC.context<Context>().create({
  transformer: superjson,
  // Stacks would tell a reader of the page where files lie; the server's log has them.
  isDev: false,
  errorFormatter({ shape, error }) {
    const retort: ErrorView | null = errorView(error.cause ?? error);
    return { ...shape, message: retort?.message ?? shape.message, data: { ...shape.data, retort } };
  },
  sse: { ping: { enabled: true, intervalMs: 5_000 }, client: { reconnectAfterInactivityMs: 20_000 } },
});

export const router = t.router;

const mapErrors = t.middleware(async ({ next }) => {
  const result = await next();
  if (!result.ok && result.error.cause instanceof RetortError) throw toTRPCError(result.error.cause);
  return result.ok && isAsyncIterable(result.data) ? { ...result, data: withMappedErrors(result.data) } : result;
});

// A subscription fails while it is read, long after the procedure has returned. Unmapped, the client would take the
// error for a passing fault of the server and ask again for ever.
async function* withMappedErrors(messages: AsyncIterable<unknown>): AsyncGenerator {
  try {
    yield* messages;
  } catch (error) {
    throw error instanceof RetortError ? toTRPCError(error) : error;
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

const guard = t.middleware(({ ctx, next }) => {
  refuseForeignPages(ctx.request, ctx.env);
  return next({ ctx: { principal: requirePrincipal(ctx.principal) } });
});

/** Every procedure starts here: signed in, from our own page or with a key. There is no public one. */
export const procedure = t.procedure.use(mapErrors).use(guard);

/** For what a browser session may not do: what needs the API key that lies in the installation's own folder. */
export const keyProcedure = procedure.use(({ ctx, next }) => {
  if (ctx.principal.kind === "key") return next();
  throw new AccessError({
    code: "KEY_REQUIRED",
    message: "Only the holder of an API key may do this",
    expected: "Authorization: Bearer <API key>",
    got: "a browser session",
    fix: "Run `retort link` on the machine where the server runs",
  });
});
