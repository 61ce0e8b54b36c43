import { appRouter, createContext } from "@retort/api";
import { dehydrate, type FetchQueryOptions, HydrationBoundary, type QueryKey } from "@tanstack/react-query";
import { TRPCError } from "@trpc/server";
import { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import { headers } from "next/headers";
import { cache, type ReactNode } from "react";
import { server } from "../server/api.ts";
import { createQueryClient } from "./query-client.ts";

/** The answers of one request: what metadata has asked, the page has too. */
export const queryClient = cache(createQueryClient);

/** The API for pages that are rendered on the server: the same procedures, checks included, without a detour over HTTP. */
export const serverTRPC = createTRPCOptionsProxy({
  router: appRouter,
  queryClient,
  ctx: async () => {
    const requestHeaders = await headers();
    const host = requestHeaders.get("host") ?? "localhost";
    return createContext(server().services, new Request(`http://${host}/`, { headers: requestHeaders }));
  },
});

/** Answers queries before the page is sent, so that it arrives filled; what fails is asked again by the browser. */
export async function prefetch(...queries: { queryKey: QueryKey }[]) {
  await Promise.all(queries.map((query) => queryClient().prefetchQuery(query as FetchQueryOptions)));
}

/** Whether what was asked for does not exist, or cannot: its name is no name. */
export function isMissing(queryKey: QueryKey): boolean {
  const { error } = queryClient().getQueryState(queryKey) ?? {};
  return error instanceof TRPCError && ["NOT_FOUND", "BAD_REQUEST"].includes(error.code);
}

export function Hydrated({ children }: { children: ReactNode }) {
  return <HydrationBoundary state={dehydrate(queryClient())}>{children}</HydrationBoundary>;
}
