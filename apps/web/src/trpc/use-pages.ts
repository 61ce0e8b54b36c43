import { keepPreviousData, type QueryKey, useInfiniteQuery } from "@tanstack/react-query";

/** A list that is asked for page by page and asked again as a whole, soon while something in it is live. */
export function usePages<Page extends { nextCursor: string | null }>(options: {
  /** Of the procedure with its input. */
  queryKey: QueryKey;
  ask(cursor: string | null, signal: AbortSignal): Promise<Page>;
  isLive(page: Page): boolean;
}) {
  const { queryKey, ask, isLive } = options;
  // Not infiniteQueryOptions(): that adds a "direction" to the input, which the strict procedures refuse.
  return useInfiniteQuery({
    queryKey: [...queryKey, "pages"],
    queryFn: ({ pageParam, signal }) => ask(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.pages.some(isLive) ? 2_500 : 10_000),
  });
}
