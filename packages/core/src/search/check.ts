import { z } from "zod";
import { withDefaultVariants } from "../base/default-variants.ts";
import { SpecError } from "../base/errors.ts";
import { domainSize } from "./domain.ts";
import { allValuesOf, expandLayout } from "./expand.ts";
import { isAllowed, type Layout, layoutOf } from "./layout.ts";
import { withPoint } from "./point.ts";
import { fullSize, pointFromUnits } from "./samplers/draws.ts";
import { maxSobolDimensions, sobolUnit } from "./samplers/sobol.ts";
import { type Point, type SearchSpace, type SearchSpaceInput, searchSpace } from "./space.ts";

/** Finite spaces up to this size are searched completely for an allowed point. */
const maxWalked = 200_000;
/** Draws that stand for a space too large to be walked. */
const numProbes = 2_048;
/** Points that are shown to the recipe's schema. */
const numShown = 64;

/** What a recipe takes, and what all points of a sweep have in common. */
export interface RecipeParams {
  schema: z.ZodType;
  /** A point is laid over it before the schema sees it. */
  base?: Record<string, unknown>;
}

/**
 * Reads a search space and refuses one that no sweep can use. With a recipe's parameters, every path must be one of them and
 * every kind of value acceptable to them.
 * @throws SpecError BAD_SPACE, EMPTY_SPACE, CONTRADICTION, UNKNOWN_PARAMETER, BAD_PARAMETER, DUPLICATE_PARAMETER,
 * CYCLIC_CONDITION, BAD_CONSTRAINT
 */
export function checkSpace(value: SearchSpaceInput | unknown, recipe?: RecipeParams): SearchSpace {
  const parsed = searchSpace.safeParse(value);
  if (!parsed.success) throw refusal("BAD_SPACE", "The search space cannot be read", parsed.error);
  const layout = layoutOf(parsed.data);
  if (layout.leaves.length === 0 && parsed.data.seeds.length === 1)
    throw emptySpace("no parameter, no ablation and one seed");
  const empty = layout.leaves.find(({ domain }) => domainSize(domain) === 0);
  if (empty !== undefined) throw emptySpace(`no value for "${empty.name}"`);
  const points = somePoints(layout);
  if (points.length === 0) throw contradiction(layout);
  if (recipe !== undefined) {
    checkPaths(layout, recipe.schema);
    for (const point of points) checkPoint(point, recipe);
  }
  return parsed.data;
}

/** Allowed points from all over the space, its corners among them; none when the constraints allow none. */
function somePoints(layout: Layout): Point[] {
  const points: Point[] = [];
  for (const point of probes(layout)) {
    if (isAllowed(layout, point)) points.push(point);
    if (points.length === numShown) return points;
  }
  if (points.length > 0 || fullSize(layout) > maxWalked) return points;
  for (const { point } of expandLayout(layout, allValuesOf)) return [point];
  return [];
}

/** Corners, each value of each choice, then an even spread. */
function* probes(layout: Layout): Generator<Point> {
  const end = 1 - 2 ** -53;
  yield pointFromUnits(layout, () => 0);
  yield pointFromUnits(layout, () => end);
  for (const [varied, { domain }] of layout.leaves.entries()) {
    const size = Math.min(domainSize(domain), 8);
    for (let step = 1; step < size; step++)
      yield pointFromUnits(layout, (_, leaf) => (leaf === varied ? (step + 0.5) / size : 0));
  }
  for (let index = 0; index < numProbes; index++) {
    yield pointFromUnits(layout, (_, leaf) =>
      sobolUnit({ index, dimension: leaf % maxSobolDimensions, scramble: leaf + 1 }),
    );
  }
}

function checkPaths({ leaves }: Layout, recipeParams: z.ZodType): void {
  const schema = z.toJSONSchema(recipeParams, { io: "input", unrepresentable: "any" }) as JsonSchema;
  const paths = leaves.flatMap(({ target }) =>
    target.kind === "parameter"
      ? [target.path]
      : target.cells.flatMap(({ set }) => Object.keys(set).map((path) => path.split("."))),
  );
  for (const path of paths) {
    let at: JsonSchema[] = [schema];
    for (const [depth, name] of path.entries()) {
      const inner = at.flatMap((each) => membersOf(each, schema, name));
      if (inner.length === 0) {
        throw new SpecError({
          code: "UNKNOWN_PARAMETER",
          message: `The recipe has no parameter "${path.join(".")}"`,
          expected: [...new Set(at.flatMap((each) => namesOf(each, schema)))].join(", ") || "nothing below this path",
          got: name,
          where: path.slice(0, depth).join(".") || "parameters",
        });
      }
      at = inner;
    }
  }
}

interface JsonSchema {
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  properties?: Record<string, JsonSchema>;
  additionalProperties?: boolean | JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
}

/** The forms that a schema may take, references followed. */
function formsOf(schema: JsonSchema, root: JsonSchema, depth = 0): JsonSchema[] {
  if (depth > 32) return [];
  if (schema.$ref === "#") return formsOf(root, root, depth + 1);
  const named = schema.$ref === undefined ? undefined : root.$defs?.[schema.$ref.replace("#/$defs/", "")];
  const inner = [
    ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []),
    ...(schema.allOf ?? []),
    ...(named === undefined ? [] : [named]),
  ];
  return [schema, ...inner.flatMap((form) => formsOf(form, root, depth + 1))];
}

function membersOf(schema: JsonSchema, root: JsonSchema, name: string): JsonSchema[] {
  return formsOf(schema, root).flatMap(({ properties, additionalProperties }) => {
    if (properties !== undefined && Object.hasOwn(properties, name)) return [properties[name]!];
    return typeof additionalProperties === "object" ? [additionalProperties] : [];
  });
}

function namesOf(schema: JsonSchema, root: JsonSchema): string[] {
  return formsOf(schema, root).flatMap(({ properties }) => Object.keys(properties ?? {}));
}

function checkPoint(point: Point, { schema, base = {} }: RecipeParams): void {
  const parsed = schema.safeParse(withDefaultVariants(schema, withPoint(base, point)));
  if (!parsed.success)
    throw refusal("BAD_PARAMETER", `The recipe refuses the point ${JSON.stringify(point)}`, parsed.error);
}

/** The first thing a schema complains of; of a union, what the form complains of that came furthest. */
function refusal(code: string, message: string, error: z.ZodError): SpecError {
  const { path, text } = deepest(error.issues[0]!);
  return new SpecError({ code, message, got: text, where: path.join(".") || "the top" });
}

function deepest(issue: z.core.$ZodIssue, prefix: readonly PropertyKey[] = []): { path: PropertyKey[]; text: string } {
  const path = [...prefix, ...issue.path];
  if (issue.code === "invalid_key") return { path, text: issue.issues[0]?.message ?? issue.message };
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return { path, text: issue.message };
  const inner = issue.errors.flatMap((issues) => (issues[0] === undefined ? [] : [deepest(issues[0], path)]));
  return inner.reduce((a, b) => (b.path.length > a.path.length ? b : a), { path, text: issue.message });
}

function emptySpace(got: string): SpecError {
  return new SpecError({
    code: "EMPTY_SPACE",
    message: "There is nothing to vary",
    expected: "a parameter with values, an ablation, or several seeds",
    got,
    where: "parameters",
  });
}

function contradiction(layout: Layout): SpecError {
  const alone = layout.constraints.filter(
    (constraint) => somePoints({ ...layout, constraints: [constraint] }).length === 0,
  );
  const texts = (alone.length > 0 ? alone : layout.constraints).map(({ text }) => `"${text}"`).join(" and ");
  const isProven = fullSize(layout) <= maxWalked;
  return new SpecError({
    code: "CONTRADICTION",
    message: isProven
      ? "The constraints exclude every point"
      : `The constraints exclude each of ${numProbes} points tried`,
    expected: "constraints that leave a part of the space",
    got: alone.length > 0 ? `${texts} alone excludes them` : `${texts} together exclude them`,
    where: "constraints",
  });
}
