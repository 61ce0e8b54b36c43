/**
 * Seconds from a moment until now, in SQL, for which a row stood still: what it took is told without them. None before it
 * had begun, and none when it did not stand still, which the moment says by being NULL.
 */
export function standstillSql(since: string, begun: string): string {
  return `(CASE WHEN ${since} IS NULL OR ${begun} IS NULL THEN 0
    ELSE extract(epoch FROM clock_timestamp() - greatest(${since}, ${begun})) END)`;
}
