import type { Field } from "../../launch/form/field.ts";

/** Several values of a field as one text: numbers in a line, everything else one a line. */
export function printValues(field: Field, values: readonly unknown[]): string {
  if (field.kind === "number") return values.map(String).join(", ");
  return values.map((value) => (isText(field) ? String(value) : JSON.stringify(value))).join("\n");
}

/** The values that such a text says; a part that is no number or no JSON yet stays as it was written. */
export function parseValues(field: Field, text: string): unknown[] {
  if (field.kind === "number") {
    return parts(text, /[\s,;]+/).map((part) => (Number.isFinite(Number(part)) ? Number(part) : part));
  }
  return parts(text, /\n/).map((part) => (isText(field) ? part : json(part)));
}

function isText({ kind }: Field): boolean {
  return kind === "text" || kind === "run";
}

function parts(text: string, separator: RegExp): string[] {
  return text
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
