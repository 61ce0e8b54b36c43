import { usageError } from "./cli-error.ts";

/**
 * Parameters from `--set model.dim=96 --set name=small`: dotted keys, values as JSON where they are JSON, else as text; those of the keys
 * in `texts` always as text.
 * @throws CliError (exit code 2) for a part that is no assignment, and for a key that is both a value and a parent
 */
export function parseAssignments(
  assignments: readonly string[],
  { texts = new Set() }: { texts?: ReadonlySet<string> } = {},
): Record<string, unknown> {
  const params: Record<string, unknown> = {};
  for (const assignment of assignments) assign(params, assignment, texts);
  return params;
}

function assign(params: Record<string, unknown>, assignment: string, texts: ReadonlySet<string>): void {
  const [, path, text] = /^([^=]+)=(.*)$/s.exec(assignment) ?? [];
  if (path === undefined || text === undefined) {
    throw usageError(`--set ${assignment}: expected key=value, for example --set steps=200 or --set model.dim=96`);
  }
  const keys = path.trim().split(".");
  if (keys.some((key) => key === "" || key === "__proto__")) throw usageError(`--set ${assignment}: bad key "${path}"`);
  const last = keys.pop()!;
  let parent = params;
  for (const key of keys) {
    const child = Object.hasOwn(parent, key) ? parent[key] : undefined;
    if (child !== undefined && !isObject(child)) {
      throw usageError(`--set ${assignment}: "${key}" has been set to a value already`);
    }
    const next = child ?? {};
    parent[key] = next;
    parent = next;
  }
  parent[last] = texts.has(path.trim()) ? text : parseValue(text);
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
