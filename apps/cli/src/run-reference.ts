import type { Retort } from "@retort/api/client";
import { CliError } from "./cli-error.ts";

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** How lists show a run: the end of its id, since ids of one day begin alike. */
export function shortId(id: string): string {
  return id.slice(-8);
}

/**
 * The full id for a run that is named by its id, the end of its id as `retort ls` shows it, or its name.
 * @throws CliError when none or several fit
 */
export async function resolveRun(retort: Retort, reference: string): Promise<string> {
  if (uuid.test(reference)) return reference.toLowerCase();
  const found: { id: string; name: string }[] = [];
  let cursor: string | null = null;
  do {
    const page: { runs: { id: string; name: string }[]; nextCursor: string | null } = await retort.runs.list.query({
      limit: 500,
      cursor,
    });
    found.push(...page.runs.filter(({ id, name }) => id.endsWith(reference.toLowerCase()) || name === reference));
    cursor = page.nextCursor;
  } while (cursor !== null);
  if (found.length === 1) return found[0]!.id;
  if (found.length === 0) throw new CliError(`There is no run "${reference}"`, { fix: "`retort ls` lists the runs" });
  const choices = found.slice(0, 10).map(({ id, name }) => `${shortId(id)} (${name})`);
  throw new CliError(`"${reference}" is the name of ${found.length} runs: ${choices.join(", ")}`, {
    fix: "Use the id",
  });
}
