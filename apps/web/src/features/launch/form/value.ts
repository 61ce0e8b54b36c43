import { dotted, type Field, type FieldOf, type FieldPath, type Variant } from "./field.ts";

/** The part of a value at a path; undefined where there is none. */
export function valueAt(value: unknown, path: FieldPath): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === "object" && at !== null ? (at as Record<string | number, unknown>)[key] : undefined),
    value,
  );
}

/** A copy of a value with another part at a path; undefined removes the key. */
export function withValueAt(value: unknown, path: FieldPath, part: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return part;
  const child = withValueAt(valueAt(value, [key]), rest, part);
  if (Array.isArray(value)) return value.map((each, index) => (index === key ? child : each));
  const { [key]: _, ...others } = (value ?? {}) as Record<string | number, unknown>;
  if (child === undefined) return others;
  // An existing key keeps its place, so that the text of the parameters does not jump about.
  return _ === undefined ? { ...others, [key]: child } : { ...(value as object), [key]: child };
}

/** Which variant of a union a value belongs to: by discriminator, else by the first that has nothing against it. */
export function variantOf(field: FieldOf<"union">, value: unknown): Variant {
  const { key, variants } = field;
  const tag = key === null ? undefined : valueAt(value, [key]);
  const byTag = variants.find(({ name }) => name === String(tag));
  const byFit = variants.find((variant) => complaints(variant.field, value).length === 0);
  return (key === null ? byFit : byTag) ?? variants[0]!;
}

export interface Complaint {
  /** Dotted: "optimizer.lr". */
  path: string;
  message: string;
}

/** What a field has against a value, each complaint with its path: the fast answer while typing; the server has the last word. */
export function complaints(field: Field, value: unknown, path: FieldPath = []): Complaint[] {
  const at = dotted(path);
  const refuse = (message: string): Complaint[] => [{ path: at, message }];
  switch (field.kind) {
    case "object":
      if (typeof value !== "object" || value === null) return refuse("Expected a group of values.");
      return Object.entries(field.fields).flatMap(([key, child]) => {
        const part = valueAt(value, [key]);
        return part === undefined && field.optional.includes(key) ? [] : complaints(child, part, [...path, key]);
      });
    case "number":
      return typeof value === "number" && Number.isFinite(value)
        ? numberComplaint(field, value).flatMap(refuse)
        : refuse(
            value === "" || value === undefined ? "Enter a number." : `Expected a number, got "${String(value)}".`,
          );
    case "text": {
      if (typeof value !== "string") return refuse("Expected text.");
      if (value.length < field.minLength) {
        return refuse(
          value === "" ? "Must not be empty." : `At least ${counted(field.minLength, "character", "characters")}.`,
        );
      }
      if (value.length > field.maxLength)
        return refuse(`At most ${counted(field.maxLength, "character", "characters")}.`);
      const fits = field.pattern === undefined || new RegExp(field.pattern, "u").test(value);
      return fits ? [] : refuse(`Must match ${field.pattern}.`);
    }
    case "run":
      if (typeof value !== "string" || value === "") return refuse("Choose a run.");
      return field.pattern === undefined || new RegExp(field.pattern, "u").test(value)
        ? []
        : refuse(`Expected the id of a run, got "${value}".`);
    case "boolean":
      return typeof value === "boolean" ? [] : refuse("Expected on or off.");
    case "choice":
      return field.options.includes(value as string) ? [] : refuse(`Expected one of ${field.options.join(", ")}.`);
    case "constant":
      return value === field.value ? [] : refuse(`Expected ${JSON.stringify(field.value)}.`);
    case "union":
      return unionComplaints(field, value, path);
    case "list":
      if (!Array.isArray(value)) return refuse("Expected a list.");
      if (value.length < field.minItems) return refuse(`At least ${counted(field.minItems, "entry", "entries")}.`);
      if (value.length > field.maxItems) return refuse(`At most ${counted(field.maxItems, "entry", "entries")}.`);
      return value.flatMap((item, index) => complaints(field.item, item, [...path, index]));
    case "json":
      return typeof value === "string" && /^\s*[[{]/.test(value) ? refuse("Not valid JSON yet.") : [];
  }
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

function unionComplaints({ key, variants }: FieldOf<"union">, value: unknown, path: FieldPath): Complaint[] {
  const tag = key === null ? undefined : valueAt(value, [key]);
  const chosen = variants.find(({ name }) => name === String(tag));
  if (chosen !== undefined) return complaints(chosen.field, value, path);
  const found = variants.map((variant) => complaints(variant.field, value, path));
  return found.reduce((least, each) => (each.length < least.length ? each : least), found[0] ?? []);
}

function numberComplaint({ integer, bounds }: FieldOf<"number">, value: number): string[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = bounds;
  if (integer && !Number.isInteger(value)) return ["Expected a whole number."];
  if (value < minimum || (exclusiveMinimum && value === minimum)) {
    return [exclusiveMinimum ? `Must be more than ${minimum}.` : `Must be at least ${minimum}.`];
  }
  if (value > maximum || (exclusiveMaximum && value === maximum)) {
    return [exclusiveMaximum ? `Must be less than ${maximum}.` : `Must be at most ${maximum}.`];
  }
  const quotient = multipleOf === undefined ? 0 : value / multipleOf;
  return Math.abs(quotient - Math.round(quotient)) > 1e-9 ? [`Must be a multiple of ${multipleOf}.`] : [];
}

export interface Change {
  path: string;
  value: unknown;
}

/** The smallest parts of a value that differ from another, in the value's order; against {} all of its parts. */
export function changesFrom(base: unknown, value: unknown, path: FieldPath = []): Change[] {
  if (isGroup(value)) {
    return Object.keys(value).flatMap((key) =>
      changesFrom(isGroup(base) ? base[key] : undefined, value[key], [...path, key]),
    );
  }
  return JSON.stringify(base) === JSON.stringify(value) ? [] : [{ path: dotted(path), value }];
}

/** Whether chips that are in or out can say a list's value: it is a set by its schema, and holds nothing twice. */
export function isSubset({ isSequence }: Pick<FieldOf<"list">, "isSequence">, value: unknown): boolean {
  return !isSequence && (!Array.isArray(value) || new Set(value).size === value.length);
}

export function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
