import { SpecError } from "./errors.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/**
 * One text for one value, whatever the order of its keys: JSON with keys sorted by code unit and no white space (RFC 8785).
 * Members that are undefined are left out, as JSON.stringify does.
 * @throws SpecError NOT_CANONICAL for anything JSON would lose: NaN, infinity, functions, bigint, dates, undefined in a list.
 */
export function canonicalJson(value: unknown): string {
  return write(value, "$");
}

function write(value: unknown, path: string): string {
  switch (typeof value) {
    case "boolean":
    case "string":
      return JSON.stringify(value);
    case "number":
      if (!Number.isFinite(value)) throw notCanonical(String(value), path);
      return JSON.stringify(value);
    case "object":
      if (value === null) return "null";
      if (Array.isArray(value)) return `[${value.map((item, index) => write(item, `${path}[${index}]`)).join(",")}]`;
      return writeObject(value, path);
    default:
      throw notCanonical(typeof value, path);
  }
}

function writeObject(value: object, path: string): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw notCanonical(value.constructor.name, path);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${write(member, `${path}.${key}`)}`);
  return `{${members.join(",")}}`;
}

function notCanonical(got: string, where: string): SpecError {
  return new SpecError({
    code: "NOT_CANONICAL",
    message: "This value has no canonical JSON",
    expected: "null, a boolean, a finite number, a string, a list or a plain object",
    got,
    where,
  });
}
