/** More curves in one plot can no longer be told apart. */
export const mostCompared = 10;

/** The address at which runs are compared; the first one is the baseline. */
export function compareHref(runIds: readonly string[]): string {
  return `/compare?runs=${runIds.slice(0, mostCompared).join(",")}`;
}
