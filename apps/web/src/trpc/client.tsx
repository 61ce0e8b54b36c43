"use client";

import type { AppRouter } from "@retort/api";
import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createTRPCClient, httpBatchLink, httpSubscriptionLink, splitLink } from "@trpc/client";
import { createTRPCContext } from "@trpc/tanstack-react-query";
import { type ReactNode, useState } from "react";
import superjson from "superjson";
import { createQueryClient } from "./query-client.ts";

const context = createTRPCContext<AppRouter>();
export const useTRPC = context.useTRPC;
export const useTRPCClient = context.useTRPCClient;

let browserQueries: QueryClient | undefined;

/** One client a page load in the browser; a fresh one a request on the server. */
function queryClient(): QueryClient {
  if (typeof window === "undefined") return createQueryClient();
  browserQueries ??= createQueryClient();
  return browserQueries;
}

/** Gives the pages the typed API. */
export function ApiProvider({ children }: { children: ReactNode }) {
  const queries = queryClient();
  const [client] = useState(() =>
    createTRPCClient<AppRouter>({
      links: [
        splitLink({
          condition: (operation) => operation.type === "subscription",
          true: httpSubscriptionLink({ url: "/api/trpc", transformer: superjson }),
          // In a body: what is asked about may be longer than a URL.
          false: httpBatchLink({ url: "/api/trpc", transformer: superjson, methodOverride: "POST" }),
        }),
      ],
    }),
  );
  return (
    <QueryClientProvider client={queries}>
      <context.TRPCProvider trpcClient={client} queryClient={queries}>
        {children}
      </context.TRPCProvider>
    </QueryClientProvider>
  );
}
