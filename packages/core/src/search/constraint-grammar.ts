import jsep from "jsep";
import type { Path } from "./point.ts";

/** What a constraint may be made of; every other kind of node that jsep knows is refused. */
export type Node =
  | jsep.ArrayExpression
  | jsep.BinaryExpression
  | jsep.CallExpression
  | jsep.ConditionalExpression
  | jsep.Identifier
  | jsep.Literal
  | jsep.MemberExpression
  | jsep.UnaryExpression;

export const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
  "**": (a, b) => a ** b,
  "+": (a, b) => a + b,
};

export const order: Readonly<Record<string, (sign: number) => boolean>> = {
  "<": (sign) => sign < 0,
  "<=": (sign) => sign <= 0,
  ">": (sign) => sign > 0,
  ">=": (sign) => sign >= 0,
};

/** Operator -> whether it holds for equal values. */
export const equality: Readonly<Record<string, boolean>> = { "==": true, "===": true, "!=": false, "!==": false };

export const functions: Readonly<Record<string, (...values: number[]) => number>> = {
  abs: Math.abs,
  ceil: Math.ceil,
  floor: Math.floor,
  log: Math.log,
  log2: Math.log2,
  max: Math.max,
  min: Math.min,
  round: Math.round,
  sqrt: Math.sqrt,
};

/** The parsed text. @throws Error with the reason why it is no constraint. */
export function parseExpression(text: string): Node {
  const expression = jsep(text);
  check(expression);
  return expression as Node;
}

export interface NamedPath {
  path: string;
  /** Named only to ask whether it is there. */
  inHas: boolean;
}

/** The paths a constraint names. */
export function pathsOf(node: Node, inHas = false): NamedPath[] {
  if (node.type === "Identifier" || node.type === "MemberExpression") return [{ path: pathOf(node).join("."), inHas }];
  const has = node.type === "CallExpression" && node.callee.name === "has";
  return childrenOf(node).flatMap((child) => pathsOf(child as Node, has));
}

/** The path of optim.lr or optim["weight-decay"]. @throws Error for anything that is no path. */
export function pathOf(expression: jsep.Expression): Path {
  const node = expression as jsep.CoreExpression;
  if (node.type === "Identifier") return [node.name];
  if (node.type !== "MemberExpression" || node.optional === true) throw new Error("expected the path of a parameter");
  const property = node.property as jsep.CoreExpression;
  if (!node.computed && property.type === "Identifier") return [...pathOf(node.object), property.name];
  if (property.type !== "Literal" || typeof property.value !== "string") {
    throw new Error("expected the path of a parameter");
  }
  return [...pathOf(node.object), property.value];
}

function childrenOf(node: Node): (jsep.Expression | null)[] {
  switch (node.type) {
    case "ArrayExpression":
      return node.elements;
    case "CallExpression":
      return node.arguments;
    case "UnaryExpression":
      return [node.argument];
    case "BinaryExpression":
      return [node.left, node.right];
    case "ConditionalExpression":
      return [node.test, node.consequent, node.alternate];
    default:
      return [];
  }
}

/** @throws Error with the reason. */
function check(expression: jsep.Expression | null): void {
  if (expression === null) throw new Error("a list has a gap");
  const node = expression as jsep.CoreExpression;
  switch (node.type) {
    case "ArrayExpression":
    case "ConditionalExpression":
    case "Identifier":
      break;
    case "Literal":
      if (node.value instanceof RegExp) throw new Error("regular expressions are not part of constraints");
      break;
    case "MemberExpression":
      pathOf(node);
      return;
    case "UnaryExpression":
      if (!["!", "-", "+"].includes(node.operator)) throw new Error(`there is no operator ${node.operator}`);
      break;
    case "BinaryExpression":
      if (!["&&", "||", ...[arithmetic, order, equality].flatMap(Object.keys)].includes(node.operator)) {
        throw new Error(`there is no operator ${node.operator}`);
      }
      break;
    case "CallExpression":
      checkCall(node);
      break;
    default:
      throw new Error(`it is not one comparison (${expression.type})`);
  }
  for (const child of childrenOf(node)) check(child);
}

function checkCall({ callee, arguments: args }: jsep.CallExpression): void {
  const name = callee.type === "Identifier" ? String(callee.name) : "";
  if (name !== "has" && name !== "oneOf" && !Object.hasOwn(functions, name)) {
    throw new Error(`functions are has, oneOf, ${Object.keys(functions).join(", ")}`);
  }
  if (args.length === 0) throw new Error(`${name}() takes values`);
  if (name !== "has") return;
  if (args.length !== 1) throw new Error("has() takes one parameter");
  pathOf(args[0]!);
}
