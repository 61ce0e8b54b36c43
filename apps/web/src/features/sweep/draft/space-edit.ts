import type { FieldPath } from "../../launch/form/field.ts";

/** A search space as JSON, in the shape of the parameters: dimensions at its leaves, groups between. */
export interface SpaceJson {
  [name: string]: DimensionJson | GroupJson | SpaceJson;
}

/** A group that exists under a condition only. */
export interface GroupJson {
  type: "group";
  when?: unknown;
  parameters: SpaceJson;
}

/** What one parameter may be, as the sweep's file writes it. While somebody types, a number may still be a text. */
export interface DimensionJson {
  type: "choice" | "constant" | "int" | "uniform" | "log";
  [key: string]: unknown;
}

/** The dimension at a parameter's path; undefined where it has one value only. */
export function dimensionAt(space: SpaceJson, path: FieldPath): DimensionJson | undefined {
  let at: unknown = space;
  for (const key of path) at = members(at)?.[String(key)];
  return isDimension(at) ? at : undefined;
}

/** A copy of the space with another dimension at a path; undefined takes it out, and groups that become empty with it. */
export function withDimension(
  space: SpaceJson,
  path: readonly (string | number)[],
  dimension: DimensionJson | undefined,
): SpaceJson {
  const [head, ...rest] = path;
  if (head === undefined) return space;
  const key = String(head);
  const { [key]: child, ...others } = space;
  if (rest.length === 0) return dimension === undefined ? others : { ...space, [key]: dimension };
  if (isConditionalGroup(child)) {
    const parameters = withDimension(child.parameters, rest, dimension);
    return isEmpty(parameters) ? others : { ...space, [key]: { ...child, parameters } };
  }
  const inner = withDimension(isDimension(child) || child === undefined ? {} : child, rest, dimension);
  return isEmpty(inner) ? others : { ...space, [key]: inner };
}

/** Every dimension with its dotted path, in the order of the space. */
export function dimensionsOf(space: SpaceJson, prefix = ""): { path: string; dimension: DimensionJson }[] {
  return Object.entries(space).flatMap(([name, child]) => {
    const path = `${prefix}${name}`;
    if (isDimension(child)) return [{ path, dimension: child }];
    return dimensionsOf(members(child) ?? {}, `${path}.`);
  });
}

function isConditionalGroup(value: unknown): value is GroupJson {
  return isRecord(value) && value.type === "group" && isRecord(value.parameters);
}

// A parameter may itself be called "type"; then "type" holds an object and not a name.
function isDimension(value: unknown): value is DimensionJson {
  return isRecord(value) && typeof value.type === "string" && value.type !== "group";
}

function members(value: unknown): SpaceJson | undefined {
  if (isConditionalGroup(value)) return value.parameters;
  return isRecord(value) && !isDimension(value) ? (value as SpaceJson) : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}
