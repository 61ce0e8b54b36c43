import { toWords } from "../../../format/words.ts";
import type { Bounds, Field, Variant } from "./field.ts";
import { variantOf } from "./value.ts";

type JsonSchema = Record<string, unknown>;
type Scalar = string | number | boolean | null;

/** Reads a recipe's JSON Schema (2020-12, as zod writes it) as a field that the form can show. */
export function fieldFromSchema(schema: JsonSchema, label = "Parameters"): Field {
  return new SchemaReader(schema).read(schema, label);
}

class SchemaReader {
  readonly #root: JsonSchema;

  constructor(root: JsonSchema) {
    this.#root = root;
  }

  read(raw: unknown, label: string): Field {
    const schema = this.#resolve(raw);
    const kind = this.#kind(schema);
    const field = {
      label: text(schema.title) ?? label,
      description: text(schema.description),
      initial: undefined,
      ...kind,
    };
    const own = { ...field, initial: initialOf(field as Field) } as Field;
    return { ...own, initial: withDefault(own, schema.default) };
  }

  #kind(schema: JsonSchema): Record<string, unknown> & { kind: Field["kind"] } {
    if ("const" in schema) return { kind: "constant", value: schema.const };
    if (Array.isArray(schema.enum)) return { kind: "choice", options: schema.enum as Scalar[] };
    const alternatives = schema.oneOf ?? schema.anyOf ?? severalTypes(schema);
    if (Array.isArray(alternatives)) return this.#union(alternatives);
    switch (schema.type) {
      case "object":
        return record(schema.properties) === undefined ? { kind: "json" } : this.#object(schema);
      case "number":
      case "integer":
        return { kind: "number", integer: schema.type === "integer", bounds: boundsOf(schema) };
      case "boolean":
        return { kind: "boolean" };
      case "string":
        if (record(schema.runWith) !== undefined) {
          const { artifact, of } = schema.runWith as { artifact: string; of: string[] };
          return { kind: "run", artifact, artifactOf: of, pattern: text(schema.pattern) };
        }
        return {
          kind: "text",
          minLength: number(schema.minLength) ?? 0,
          maxLength: number(schema.maxLength) ?? Number.POSITIVE_INFINITY,
          pattern: text(schema.pattern),
        };
      case "array":
        return {
          kind: "list",
          item: this.read(schema.items ?? {}, "Entry"),
          minItems: number(schema.minItems) ?? 0,
          maxItems: number(schema.maxItems) ?? Number.POSITIVE_INFINITY,
          isSequence: schema.isSequence === true,
        };
      case "null":
        return { kind: "constant", value: null };
      default:
        return { kind: "json" };
    }
  }

  #object(schema: JsonSchema) {
    const required = Array.isArray(schema.required) ? (schema.required as string[]) : [];
    const properties = Object.entries(record(schema.properties) ?? {});
    const fields = Object.fromEntries(properties.map(([key, value]) => [key, this.read(value, toWords(key))]));
    // A field with a default is always sent; only one without may stay away.
    const optional = properties
      .filter(([key, value]) => !required.includes(key) && this.#resolve(value).default === undefined)
      .map(([key]) => key);
    return { kind: "object" as const, fields, optional };
  }

  #union(alternatives: readonly unknown[]) {
    const schemas = alternatives.map((each) => this.#resolve(each));
    if (schemas.every((each) => "const" in each)) {
      return { kind: "choice" as const, options: schemas.map((each) => each.const as Scalar) };
    }
    const key = discriminator(schemas);
    const variants = schemas.map((schema, index): Variant => {
      const tag = key === null ? undefined : record(record(schema.properties)?.[key])?.const;
      const field = this.read(schema, text(schema.title) ?? describeType(schema, index));
      return {
        name: tag === undefined ? String(index) : String(tag),
        label: tag === undefined || text(schema.title) !== undefined ? field.label : toWords(String(tag)),
        field,
      };
    });
    return { kind: "union" as const, key, variants };
  }

  #resolve(raw: unknown): JsonSchema {
    const schema = record(raw) ?? {};
    const reference = text(schema.$ref);
    if (reference === undefined) return schema;
    const target = reference
      .replace(/^#\/?/, "")
      .split("/")
      .filter((part) => part !== "")
      .reduce<unknown>((at, part) => record(at)?.[part.replaceAll("~1", "/").replaceAll("~0", "~")], this.#root);
    // A schema that contains itself has no end as a form: from the second level on it is edited as JSON.
    if (target === this.#root) return {};
    const { $ref: _, ...rest } = schema;
    return { ...this.#resolve(target), ...rest };
  }
}

/** "string or null" in its short form, as alternatives. */
function severalTypes(schema: JsonSchema): JsonSchema[] | undefined {
  return Array.isArray(schema.type) ? schema.type.map((type) => ({ type })) : undefined;
}

/** The property that is a different constant in every alternative. */
function discriminator(schemas: readonly JsonSchema[]): string | null {
  const [first] = schemas;
  const keys = Object.keys(record(first?.properties) ?? {});
  const tags = (key: string) => schemas.map((schema) => record(record(schema.properties)?.[key])?.const);
  return (
    keys.find((key) => {
      const values = tags(key);
      return values.every((value) => value !== undefined) && new Set(values).size === values.length;
    }) ?? null
  );
}

function describeType(schema: JsonSchema, index: number): string {
  if (schema.type === "null" || schema.const === null) return "None";
  return typeof schema.type === "string" ? toWords(schema.type) : `Variant ${index + 1}`;
}

/** A default may name some parts of a group only; the parts' own defaults fill in the rest, of a union those of the variant meant. */
function withDefault(field: Field, given: unknown): unknown {
  if (given === undefined) return field.initial;
  const parts = record(given);
  if (parts === undefined) return given;
  if (field.kind === "union") return withDefault(variantOf(field, given).field, given);
  if (field.kind !== "object") return given;
  const whole = Object.entries(field.fields)
    .filter(([key]) => parts[key] !== undefined || !field.optional.includes(key))
    .map(([key, child]) => [key, withDefault(child, parts[key])]);
  return { ...parts, ...Object.fromEntries(whole) };
}

function initialOf(field: Field): unknown {
  switch (field.kind) {
    case "object":
      return Object.fromEntries(
        Object.entries(field.fields)
          .filter(([key]) => !field.optional.includes(key))
          .map(([key, child]) => [key, child.initial]),
      );
    case "number": {
      const { minimum, maximum } = field.bounds;
      return minimum <= 0 && maximum >= 0 ? 0 : Number.isFinite(minimum) ? minimum : maximum;
    }
    case "text":
    case "run":
      return "";
    case "boolean":
      return false;
    case "choice":
      return field.options[0];
    case "constant":
      return field.value;
    case "union":
      return field.variants[0]?.field.initial;
    case "list":
      return Array.from({ length: field.minItems }, () => field.item.initial);
    case "json":
      return null;
  }
}

function boundsOf(schema: JsonSchema): Bounds {
  const lowest = Math.max(number(schema.minimum) ?? -Infinity, number(schema.exclusiveMinimum) ?? -Infinity);
  const highest = Math.min(number(schema.maximum) ?? Infinity, number(schema.exclusiveMaximum) ?? Infinity);
  return {
    // zod writes the safe integers as the bounds of every whole number: those are no bounds to tell a reader.
    minimum: lowest <= Number.MIN_SAFE_INTEGER ? Number.NEGATIVE_INFINITY : lowest,
    maximum: highest >= Number.MAX_SAFE_INTEGER ? Number.POSITIVE_INFINITY : highest,
    exclusiveMinimum: number(schema.exclusiveMinimum) === lowest,
    exclusiveMaximum: number(schema.exclusiveMaximum) === highest,
    multipleOf: number(schema.multipleOf),
  };
}

function record(value: unknown): JsonSchema | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonSchema) : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
