/** Visited at once; libuv's pool has four threads. */
const CONCURRENCY = 8;

/** Visits all items, some at a time. The first rejection, or the signal's reason, ends it. */
export async function forEachConcurrently<T>(
  items: readonly T[],
  signal: AbortSignal | undefined,
  visit: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      signal?.throwIfAborted();
      const index = next++;
      await visit(items[index]!, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, items.length) }, lane));
}
