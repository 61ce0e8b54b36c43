import { canonicalJson, type Json } from "../base/canonical-json.ts";
import { sha256Hex } from "../base/hash.ts";
import type { Point } from "./space.ts";

/** Names from the outermost group to the parameter. */
export type Path = readonly string[];

/** 64 hex digits: equal for equal points whatever the order of their keys; unique within a sweep. */
export function pointKey(point: Point): string {
  return sha256Hex(canonicalJson(point));
}

/** What a point has there; undefined when it has nothing. Own properties only. */
export function valueAt(point: Point, path: Path): Json | undefined {
  let value: Json | undefined = point;
  for (const name of path) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

/** Writes into the point, making the groups on the way. */
export function setAt(point: Point, path: Path, value: Json): void {
  let target: Point = point;
  for (const name of path.slice(0, -1)) {
    const inner = Object.hasOwn(target, name) ? target[name] : undefined;
    const next: Point = isObject(inner) ? inner : {};
    target[name] = next;
    target = next;
  }
  target[path.at(-1)!] = value;
}

/** Parameters with a point laid over them: groups are joined, everything else is replaced. Neither is changed. */
export function withPoint(params: Record<string, unknown>, point: Point): Record<string, unknown> {
  const joined = new Map(Object.entries(params));
  for (const [name, value] of Object.entries(point)) {
    const under = joined.get(name);
    joined.set(name, isObject(value) && isGroup(under) ? withPoint(under, value) : value);
  }
  return Object.fromEntries(joined);
}

/** Dotted path -> value of every parameter; a list is one value. */
export function flatPoint(point: Point, prefix = ""): Record<string, Json> {
  return Object.assign(
    {},
    ...Object.entries(point).map(([name, value]) =>
      isObject(value) ? flatPoint(value, `${prefix}${name}.`) : { [`${prefix}${name}`]: value },
    ),
  );
}

function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isObject(value: Json | undefined): value is Point {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
