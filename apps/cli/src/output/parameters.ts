/** One parameter of a recipe as `--set` names it. */
export interface Parameter {
  /** "model.dim" */
  key: string;
  /** "integer 1..1000", "one of busy, idle" */
  type: string;
  /** As JSON; null for a parameter that has to be given. */
  byDefault: string | null;
  description: string;
  /** It names an earlier run. */
  isRun: boolean;
}

interface JsonSchema {
  type?: string | string[];
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  /** The value is the id of a run with a stage, of one of these kinds, that has left an artifact of this name. */
  runWith?: { artifact: string; of: string[] };
}

/** The parameters that a JSON Schema describes, nested ones by their dotted key. */
export function listParameters(schema: Record<string, unknown>): Parameter[] {
  const byKey = new Map<string, Parameter>();
  for (const parameter of listProperties(schema as JsonSchema, "", undefined)) {
    const before = byKey.get(parameter.key);
    // The variants of a union have fields in common: the one that tells them apart, at least.
    const types = before === undefined || before.type === parameter.type ? [] : [before.type];
    byKey.set(parameter.key, { ...parameter, ...before, type: [...types, parameter.type].join(" or ") });
  }
  return [...byKey.values()];
}

function listProperties(schema: JsonSchema, prefix: string, defaults: unknown): Parameter[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const key = prefix + name;
    const byDefault =
      property.default !== undefined ? property.default : (defaults as Record<string, unknown> | undefined)?.[name];
    const variants = property.oneOf ?? property.anyOf ?? [];
    const branches = [property, ...variants].filter((branch) => branch.properties !== undefined);
    if (branches.length > 0) return branches.flatMap((branch) => listProperties(branch, `${key}.`, byDefault));
    return [
      {
        key,
        type: typeOf(property),
        byDefault: byDefault === undefined ? null : JSON.stringify(byDefault),
        description: property.description ?? "",
        isRun: property.runWith !== undefined,
      },
    ];
  });
}

function typeOf(schema: JsonSchema): string {
  if (schema.runWith !== undefined) return `run with a ${schema.runWith.artifact}`;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return `one of ${schema.enum.join(", ")}`;
  const variants = schema.anyOf ?? schema.oneOf;
  if (variants !== undefined) return variants.map(typeOf).join(" or ");
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeOf({ ...schema, type })).join(" or ");
  if (schema.type === "null") return "null";
  if (schema.type === "array") return `list of ${typeOf(schema.items ?? {})}`;
  return `${schema.type ?? "any"}${rangeOf(schema)}`;
}

// What zod writes for a whole number without a limit of its own.
const unbounded = Number.MAX_SAFE_INTEGER;

function rangeOf({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): string {
  const low = minimum !== undefined && minimum > -unbounded ? `${minimum}` : undefined;
  const high = maximum !== undefined && maximum < unbounded ? `${maximum}` : undefined;
  if (low !== undefined && high !== undefined) return ` ${low}..${high}`;
  const parts = [
    low !== undefined ? `>= ${low}` : exclusiveMinimum !== undefined ? `> ${exclusiveMinimum}` : "",
    high !== undefined ? `<= ${high}` : exclusiveMaximum !== undefined ? `< ${exclusiveMaximum}` : "",
  ].filter((part) => part !== "");
  return parts.length === 0 ? "" : ` ${parts.join(", ")}`;
}
