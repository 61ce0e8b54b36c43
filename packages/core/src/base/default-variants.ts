import type { z } from "zod";

/**
 * Parameters with the default's choice where a union's own tag is left out: what differs from the defaults is all that need
 * be given, { data: { params: { numTrainImages: 500 } } } too.
 */
export function withDefaultVariants(schema: z.ZodType, given: Record<string, unknown>): Record<string, unknown> {
  const { error } = schema.safeParse(given);
  const untagged = error?.issues.filter(
    ({ code, path }) => code === "invalid_union" && path.length > 0 && valueAt(given, path) === undefined,
  );
  if (untagged === undefined || untagged.length === 0) return given;
  const defaults = schema.safeParse({}).data;
  const filled = structuredClone(given);
  for (const { path } of untagged) {
    const parent = valueAt(filled, path.slice(0, -1));
    const tag = valueAt(defaults, path);
    if (typeof parent === "object" && parent !== null && tag !== undefined) {
      Object.assign(parent, { [path.at(-1)!]: tag });
    }
  }
  return filled;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== "object" || current === null) return undefined;
    current = (current as Record<PropertyKey, unknown>)[key];
  }
  return current;
}
