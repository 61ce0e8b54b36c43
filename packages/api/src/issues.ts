import type { z } from "zod";

/** What a schema had against a value, for a person: all complaints as the message, the first one in parts. */
export interface IssueDescription {
  message: string;
  expected?: string;
  got?: string;
  where?: string;
}

/**
 * Describes why a value was refused: each complaint with its dotted path, what was expected and what came, and for an
 * unknown key the known ones.
 * @param options.root what the paths start from: "params"
 * @param options.input the refused value; names what came instead
 * @param options.schema JSON Schema of the value; names the known keys
 */
export function describeIssues(
  error: z.ZodError,
  options: { root?: string; input?: unknown; schema?: Record<string, unknown> } = {},
): IssueDescription {
  const described = error.issues.map((issue) => describeIssue(issue, options));
  const message = described.map(({ where, text }) => (where === "" ? text : `${where}: ${text}`)).join("; ");
  const [first] = described;
  return { message, expected: first?.expected, got: first?.got, where: first?.where || undefined };
}

type Description = { where: string; text: string; expected?: string; got?: string };

function describeIssue(
  issue: z.core.$ZodIssue,
  { root, input, schema }: { root?: string; input?: unknown; schema?: Record<string, unknown> },
): Description {
  const where = [...(root === undefined ? [] : [root]), ...issue.path.map(String)].join(".");
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys({ schema, input, path: issue.path });
    const got = issue.keys.map((key) => `"${key}"`).join(", ");
    const expected = known.length === 0 ? undefined : `one of ${known.join(", ")}`;
    const text = `unknown ${issue.keys.length === 1 ? "key" : "keys"} ${got}`;
    return { where, text: expected === undefined ? text : `${text} (known: ${known.join(", ")})`, expected, got };
  }
  const value = input === undefined ? undefined : valueAt(input, issue.path);
  const got = input === undefined ? undefined : value === undefined ? "nothing" : JSON.stringify(value);
  const expected = expectation(issue);
  const text = expected === undefined ? issue.message : `expected ${expected}`;
  return { where, text: got === undefined ? text : `${text}, got ${got}`, expected: expected ?? issue.message, got };
}

function expectation(issue: z.core.$ZodIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return typeNames[issue.expected] ?? `a ${issue.expected}`;
    case "invalid_union":
      return "options" in issue && issue.options !== undefined
        ? `one of ${issue.options.map((option) => JSON.stringify(option)).join(", ")}`
        : undefined;
    case "invalid_value":
      return `one of ${issue.values.map((value) => JSON.stringify(value)).join(", ")}`;
    case "too_small":
      return `${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}${measure(issue.origin)}`;
    case "too_big":
      return `${issue.inclusive === false ? "less than" : "at most"} ${issue.maximum}${measure(issue.origin)}`;
    case "not_multiple_of":
      return `a multiple of ${issue.divisor}`;
    default:
      return undefined;
  }
}

const typeNames: Record<string, string> = { int: "a whole number", object: "an object", array: "a list" };

function measure(origin: string): string {
  if (origin === "string") return " characters";
  return origin === "array" || origin === "set" ? " entries" : "";
}

export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== "object" || current === null) return undefined;
    current = (current as Record<PropertyKey, unknown>)[key];
  }
  return current;
}

interface JsonSchema {
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  const?: unknown;
}

/** The property names that a JSON Schema knows at a path; of a union those of the variant that the input has chosen. */
function knownKeys(options: { schema?: object; input: unknown; path: readonly PropertyKey[] }): string[] {
  let schema: JsonSchema | undefined = options.schema;
  options.path.forEach((key, depth) => {
    const properties = propertiesOf(schema, valueAt(options.input, options.path.slice(0, depth)));
    schema = typeof key === "number" ? schema?.items : properties[String(key)];
  });
  return Object.keys(propertiesOf(schema, valueAt(options.input, options.path)));
}

function propertiesOf(schema: JsonSchema | undefined, value: unknown): Record<string, JsonSchema> {
  if (schema?.properties !== undefined) return schema.properties;
  const variants = (schema?.anyOf ?? schema?.oneOf ?? []).filter((variant) => isChosen(variant, value));
  return Object.assign({}, ...variants.map((variant) => propertiesOf(variant, value)));
}

function isChosen({ properties = {} }: JsonSchema, value: unknown): boolean {
  const constants = Object.entries(properties).filter(([, property]) => property.const !== undefined);
  return constants.every(([key, property]) => valueAt(value, [key]) === property.const);
}
