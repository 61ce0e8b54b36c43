import type { Field } from "../../launch/form/field.ts";
import { valueAt, variantOf } from "../../launch/form/value.ts";

/** The field at a dotted path, in the variants that the parameters have chosen; null where they have none there. */
export function fieldAt(root: Field, path: string, params: unknown): Field | null {
  let [field, value]: [Field, unknown] = [root, params];
  for (const key of path.split(".")) {
    if (field.kind === "union") field = variantOf(field, value).field;
    const next: Field | undefined =
      field.kind === "object" ? field.fields[key] : field.kind === "list" ? field.item : undefined;
    if (next === undefined) return null;
    [field, value] = [next, valueAt(value, [key])];
  }
  return field;
}
