import { createTRPCClient, httpBatchLink, httpSubscriptionLink, splitLink, TRPCClientError } from "@trpc/client";
import { EventSource } from "eventsource";
import superjson from "superjson";
import type { ErrorView } from "./contract/error.ts";
import type { SweepRequest } from "./contract/sweep.ts";
import type { AppRouter } from "./root.ts";

export type { ErrorView } from "./contract/error.ts";
export type { SweepRequest } from "./contract/sweep.ts";
export type { AppRouter } from "./root.ts";

export interface RetortOptions {
  /** Where the server answers: http://127.0.0.1:3000 */
  url: string;
  apiKey: string;
  /** Replaces the global fetch. */
  fetch?: typeof fetch;
}

/** A sweep in a TypeScript file: the object that YAML and the API give, checked while it is written. */
export function defineSweep(request: SweepRequest): SweepRequest {
  return request;
}

/** The typed client of a Retort server, subscriptions included; for scripts, the CLI and tests. */
export function createRetort(options: RetortOptions) {
  const { url: serverUrl, apiKey } = options;
  const send = readableFetch(options);
  const url = new URL("/api/trpc", serverUrl).href;
  const headers = { authorization: `Bearer ${apiKey}` };
  return createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: (operation) => operation.type === "subscription",
        true: httpSubscriptionLink({
          url,
          transformer: superjson,
          EventSource,
          eventSourceOptions: {
            fetch: (input, init) => send(input, { ...init, headers: { ...init.headers, ...headers } }),
          },
        }),
        // In a body: what is asked about may be longer than a URL.
        false: httpBatchLink({ url, transformer: superjson, headers, fetch: send, methodOverride: "POST" }),
      }),
    ],
  });
}
export type Retort = ReturnType<typeof createRetort>;

/** The server could not be reached at all: wrong address, nothing runs there, or something else does. */
export class UnreachableError extends Error {
  override name = "UnreachableError";
}

/** What went wrong, in the same parts wherever it happened: refused by the server, or never reached it. */
export function describeError(error: unknown): ErrorView {
  if (error instanceof TRPCClientError) {
    const refused = (error as TRPCClientError<AppRouter>).data?.retort;
    if (refused !== undefined && refused !== null) return refused;
    if (error.cause instanceof UnreachableError) return describeError(error.cause);
    return { code: error.data?.code ?? "CALL_FAILED", message: error.message };
  }
  if (error instanceof UnreachableError) {
    return { code: "SERVER_UNREACHABLE", message: error.message, fix: "Start it with `npm start`, or set RETORT_URL" };
  }
  return { code: "UNEXPECTED_ERROR", message: error instanceof Error ? error.message : String(error) };
}

// Node's fetch says "fetch failed" and nothing else when nobody listens, and tRPC complains of a "<" when somebody else does.
function readableFetch({ url, fetch: send = fetch }: RetortOptions): typeof fetch {
  return async (input, init) => {
    try {
      const response = await send(input, init);
      const type = response.headers.get("content-type") ?? "nothing";
      if (/^(application\/json|text\/event-stream)/.test(type)) return response;
      await response.body?.cancel();
      throw new UnreachableError(`What answers at ${url} is no Retort server (status ${response.status}, ${type})`);
    } catch (error) {
      if (error instanceof UnreachableError) throw error;
      if (init?.signal?.aborted) throw error;
      const reason = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
      throw new UnreachableError(`No Retort server answers at ${url} (${reason})`, { cause: error });
    }
  };
}
