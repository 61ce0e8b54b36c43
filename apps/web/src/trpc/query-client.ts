import { defaultShouldDehydrateQuery, isServer, QueryClient } from "@tanstack/react-query";
import { TRPCClientError } from "@trpc/client";
import superjson from "superjson";

const clientErrors = [400, 401, 403, 404, 409, 412, 422];

/** Settings for browser and server alike. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // What the server rendered a moment ago need not be asked again while the page starts.
        staleTime: 3_000,
        // A page that is rendered on the server does not wait: what failed is asked again by the browser.
        retry: (failures, error) => !isServer && failures < 2 && !isRefusal(error),
      },
      dehydrate: { serializeData: superjson.serialize, shouldDehydrateQuery: defaultShouldDehydrateQuery },
      hydrate: { deserializeData: superjson.deserialize },
    },
  });
}

/** Whether the server understood and said no: asking again changes nothing. */
function isRefusal(error: unknown): boolean {
  return error instanceof TRPCClientError && clientErrors.includes(Number(error.data?.httpStatus));
}
