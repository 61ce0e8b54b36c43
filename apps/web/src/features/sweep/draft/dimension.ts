import type { Field, FieldOf } from "../../launch/form/field.ts";
import { complaints } from "../../launch/form/value.ts";
import type { DimensionJson } from "./space-edit.ts";

/** Whether a field can be given several values: a variant with fields of its own cannot, its fields can. */
export function canVary(field: Field): boolean {
  if (field.kind === "union") return field.variants.every(({ field: variant }) => canVary(variant) || isNull(variant));
  return !["object", "json", "constant"].includes(field.kind);
}

function isNull(field: Field): boolean {
  return field.kind === "constant" && field.value === null;
}

/** What a parameter varies over when somebody has just said that it shall: something near its present value. */
export function firstDimension(field: Field, value: unknown): DimensionJson {
  switch (field.kind) {
    case "choice":
      return { type: "choice", values: [...field.options] };
    case "boolean":
      return { type: "choice", values: [false, true] };
    case "number":
      return typeof value === "number" && value !== 0
        ? { type: "choice", values: neighbours(field, value) }
        : { type: "choice", values: [value] };
    default:
      return { type: "choice", values: [value] };
  }
}

/** The value, half of it and twice of it, as far as the field allows them. */
function neighbours(field: FieldOf<"number">, value: number): number[] {
  const near = [value / 2, value, value * 2].map((each) => (field.integer ? Math.round(each) : each));
  return [...new Set(near)].filter((each) => complaints(field, each).length === 0);
}

export type NumberShape = "values" | "range";

export function shapeOf({ type }: DimensionJson): NumberShape {
  return type === "choice" || type === "constant" ? "values" : "range";
}

/** The same parameter as a list or as a range, keeping the ends. */
export function reshaped(dimension: DimensionJson, shape: NumberShape, integer: boolean): DimensionJson {
  if (shapeOf(dimension) === shape) return dimension;
  const { when } = dimension;
  const condition = when === undefined ? {} : { when };
  if (shape === "values")
    return { type: "choice", values: [dimension.min, dimension.max].filter(isNumber), ...condition };
  const values = (Array.isArray(dimension.values) ? dimension.values : [dimension.value]).filter(isNumber);
  const [min, max] = values.length === 0 ? [0, 1] : [Math.min(...values), Math.max(...values)];
  if (integer) return { type: "int", min, max, ...condition };
  // Ends that lie a factor of ten apart and more are what a logarithmic scale is for.
  const type = min > 0 && max / min >= 10 ? "log" : "uniform";
  return { type, min, max, ...condition };
}

/** A range on the other scale. Whole numbers say it by `scale`, others by their type. */
export function rescaled(dimension: DimensionJson, log: boolean): DimensionJson {
  if (dimension.type === "int") {
    const { scale: _, ...rest } = dimension;
    return log ? { ...rest, scale: "log" } : rest;
  }
  return { ...dimension, type: log ? "log" : "uniform" };
}

export function isLog({ type, scale }: DimensionJson): boolean {
  return type === "log" || scale === "log";
}

/** What is wrong with a dimension of a field: the fast answer while typing; the server has the last word. */
export function dimensionComplaint(field: Field, dimension: DimensionJson): string | null {
  if (dimension.type === "constant") return null;
  if (dimension.type === "choice") {
    const values = Array.isArray(dimension.values) ? dimension.values : [];
    if (values.length === 0) return "Give at least one value.";
    const texts = values.map((value) => JSON.stringify(value));
    const twice = texts.find((text, index) => texts.indexOf(text) !== index);
    if (twice !== undefined) return `${twice} stands there twice.`;
    for (const value of values) {
      const [first] = complaints(field, value);
      if (first !== undefined) return `${JSON.stringify(value)}: ${first.message}`;
    }
    return null;
  }
  const { min, max, step, count, quantum } = dimension;
  if (!isNumber(min) || !isNumber(max)) return "Give both ends as numbers.";
  if (min > max) return "The range runs backwards.";
  if (isLog(dimension) && min <= 0) return "A logarithmic scale begins above 0.";
  for (const [name, value] of Object.entries({ step, count, quantum })) {
    if (value !== undefined && !(isNumber(value) && value > 0)) return `${name} is a number above 0, or empty.`;
  }
  for (const end of [min, max]) {
    const [first] = complaints(field, end);
    if (first !== undefined) return `${end}: ${first.message}`;
  }
  return null;
}

/** A dimension in a few words: "3 values", "0.0001 to 0.01, log". */
export function describeDimension(dimension: DimensionJson): string {
  if (dimension.type === "constant") return JSON.stringify(dimension.value);
  if (dimension.type === "choice") {
    const values = Array.isArray(dimension.values) ? dimension.values : [];
    return values.map((value) => (typeof value === "string" ? value : JSON.stringify(value))).join(", ");
  }
  const { min, max, step, quantum, count } = dimension;
  const notes = [
    isLog(dimension) ? "log" : null,
    step !== undefined && step !== 1 ? `step ${step}` : null,
    quantum === undefined ? null : `multiples of ${quantum}`,
    count === undefined ? null : `${count} on a grid`,
  ].filter((note) => note !== null);
  return [`${min} to ${max}`, ...notes].join(", ");
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
