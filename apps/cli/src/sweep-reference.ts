import type { Retort } from "@retort/api/client";
import { CliError } from "./cli-error.ts";
import { shortId } from "./run-reference.ts";

/**
 * The full id of a sweep that is named by its id, the end of its id as `retort sweeps ls` shows it, or its name.
 * @throws CliError when none or several fit
 */
export async function resolveSweep(retort: Retort, reference: string): Promise<string> {
  const found: { id: string; name: string }[] = [];
  let cursor: string | null = null;
  do {
    const page: { sweeps: { id: string; name: string }[]; nextCursor: string | null } = await retort.sweeps.list.query({
      limit: 200,
      cursor,
    });
    found.push(...page.sweeps.filter(({ id, name }) => id.endsWith(reference.toLowerCase()) || name === reference));
    cursor = page.nextCursor;
  } while (cursor !== null);
  if (found.length === 1) return found[0]!.id;
  if (found.length === 0)
    throw new CliError(`There is no sweep "${reference}"`, { fix: "`retort sweeps ls` lists them" });
  const choices = found.slice(0, 10).map(({ id, name }) => `${shortId(id)} (${name})`);
  throw new CliError(`"${reference}" is the name of ${found.length} sweeps: ${choices.join(", ")}`, {
    fix: "Use the id",
  });
}
