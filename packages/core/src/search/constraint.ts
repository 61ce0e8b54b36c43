import type jsep from "jsep";
import { canonicalJson, type Json } from "../base/canonical-json.ts";
import { SpecError } from "../base/errors.ts";
import {
  arithmetic,
  equality,
  functions,
  type Node,
  order,
  parseExpression,
  pathOf,
  pathsOf,
} from "./constraint-grammar.ts";
import { valueAt } from "./point.ts";
import type { Point } from "./space.ts";

/** A comparison that every point of a space fulfils. */
export interface Constraint {
  text: string;
  /** Paths it needs: a point that lacks one of them is allowed. */
  params: readonly string[];
  /** Paths it names only inside has(). */
  optional: readonly string[];
  /** @throws SpecError BAD_CONSTRAINT for values it cannot compare. */
  allows(point: Point): boolean;
}

/**
 * Reads a constraint: numbers, strings, true, false, null, lists, dotted paths, + - * / % **, comparisons, && || !, ?:, has(path),
 * oneOf(value, ...) and functions of numbers. The library only parses; nothing but the point is within reach of what can be
 * written. == and != compare JSON values.
 * @throws SpecError BAD_CONSTRAINT
 */
export function parseConstraint(text: string): Constraint {
  const problem = constraintProblem(text);
  if (problem !== null) throw badConstraint(text, problem);
  const expression = parseExpression(text);
  const names = pathsOf(expression);
  const params = [...new Set(names.filter(({ inHas }) => !inHas).map(({ path }) => path))];
  const optional = [...new Set(names.map(({ path }) => path))].filter((path) => !params.includes(path));
  const allows = (point: Point): boolean => {
    if (params.some((path) => valueAt(point, path.split(".")) === undefined)) return true;
    return truth(evaluate(expression, { point, text }), text);
  };
  return { text, params, optional, allows };
}

/** Why a text is no constraint; null when it is one. */
export function constraintProblem(text: string): string | null {
  try {
    return pathsOf(parseExpression(text)).length === 0 ? "it names no parameter" : null;
  } catch (error) {
    if (error instanceof Error) return error.message;
    throw error;
  }
}

interface Scope {
  point: Point;
  text: string;
}

function evaluate(expression: jsep.Expression, scope: Scope): Json {
  const node = expression as Node;
  switch (node.type) {
    case "Literal":
      return node.value as Json;
    case "ArrayExpression":
      return node.elements.map((element) => evaluate(element!, scope));
    case "Identifier":
    case "MemberExpression":
      return present(valueAt(scope.point, pathOf(node)), scope.text);
    case "UnaryExpression": {
      const value = evaluate(node.argument, scope);
      if (node.operator === "!") return !truth(value, scope.text);
      return node.operator === "-" ? -number(value, scope.text) : number(value, scope.text);
    }
    case "ConditionalExpression":
      return evaluate(truth(evaluate(node.test, scope), scope.text) ? node.consequent : node.alternate, scope);
    case "CallExpression":
      return call(node, scope);
    case "BinaryExpression":
      return binary(node, scope);
  }
}

function binary({ operator, left, right }: jsep.BinaryExpression, scope: Scope): Json {
  const { text } = scope;
  const a = evaluate(left, scope);
  if (operator === "&&") return truth(a, text) && truth(evaluate(right, scope), text);
  if (operator === "||") return truth(a, text) || truth(evaluate(right, scope), text);
  const b = evaluate(right, scope);
  const whenEqual = equality[operator];
  if (whenEqual !== undefined) return (canonicalJson(a) === canonicalJson(b)) === whenEqual;
  const ordered = order[operator];
  if (ordered !== undefined) return ordered(compare(a, b, text));
  return result(arithmetic[operator]!(number(a, text), number(b, text)), text);
}

function call({ callee, arguments: args }: jsep.CallExpression, scope: Scope): Json {
  const name = String(callee.name);
  if (name === "has") return valueAt(scope.point, pathOf(args[0]!)) !== undefined;
  const values = args.map((argument) => evaluate(argument, scope));
  if (name === "oneOf") return values.slice(1).some((value) => canonicalJson(value) === canonicalJson(values[0]));
  return result(functions[name]!(...values.map((value) => number(value, scope.text))), scope.text);
}

function compare(a: Json, b: Json, text: string): number {
  if (typeof a === "string" && typeof b === "string") return a < b ? -1 : Number(a > b);
  return Math.sign(number(a, text) - number(b, text));
}

function truth(value: Json, text: string): boolean {
  if (typeof value === "boolean") return value;
  throw badConstraint(text, `${JSON.stringify(value)} is not true or false`);
}

function number(value: Json, text: string): number {
  if (typeof value === "number") return value;
  throw badConstraint(text, `${JSON.stringify(value)} is not a number`);
}

function result(value: number, text: string): number {
  if (Number.isFinite(value)) return value;
  throw badConstraint(text, `a computation in it gives ${value}`);
}

function present(value: Json | undefined, text: string): Json {
  if (value !== undefined) return value;
  throw badConstraint(text, "a parameter that is absent");
}

function badConstraint(text: string, got: string): SpecError {
  return new SpecError({
    code: "BAD_CONSTRAINT",
    message: `The constraint "${text}" cannot be used`,
    expected: "a comparison over parameters, such as training.batch * model.width <= 4096",
    got,
    where: "constraints",
  });
}
