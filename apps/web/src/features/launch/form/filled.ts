import type { Field } from "./field.ts";
import { isGroup, valueAt, variantOf } from "./value.ts";

/** A value with what was left out taken from another: groups are joined, a chosen variant brings its own defaults. */
export function filled(field: Field, base: unknown, given: unknown): unknown {
  if (given === undefined) return base;
  if (field.kind === "union") {
    const tagKey = field.key;
    const tag = tagKey === null ? undefined : valueAt(given, [tagKey]);
    const variant =
      field.variants.find(({ name }) => tag !== undefined && name === String(tag)) ??
      variantOf(field, tagKey === null ? given : base);
    const sameVariant = base !== undefined && base !== null && variantOf(field, base).name === variant.name;
    return filled(variant.field, sameVariant ? base : variant.field.initial, given);
  }
  if (field.kind !== "object" || !isGroup(given)) return given;
  const known = Object.entries(field.fields).flatMap(([key, child]) => {
    const value = filled(child, valueAt(base, [key]), given[key]);
    return value === undefined ? [] : [[key, value] as const];
  });
  // A name that the form does not know stays: the server says what is wrong with it.
  const unknown = Object.entries(given).filter(([key]) => !(key in field.fields));
  return Object.fromEntries([...known, ...unknown]);
}
