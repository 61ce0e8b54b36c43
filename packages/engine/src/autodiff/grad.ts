import { ModelError, ShapeError } from "../errors.ts";
import { type Node, neededNodes, reads, sameType, type Value } from "../graph/graph.ts";
import { isFloat, sizeOf, typeText } from "../graph/tensor.ts";
import type { InputGradient } from "../ops/definition.ts";
import { missingGradient } from "../ops/errors.ts";
import { op } from "../ops/functions.ts";
import { accumulate } from "./accumulate.ts";
import { Recompute } from "./recompute.ts";

export interface GradOptions {
  /** Cotangent of the loss, of its type; without one the loss must be a single number. */
  seed?: Value;
  /** Segments, by a pattern on node scopes, whose inner values are computed again instead of kept: /blocks\.\d+/. */
  recompute?: RegExp;
}

/**
 * Gradients of `loss` with respect to the values `wrt`, by reverse mode: adds the backward nodes to the loss's graph and
 * returns one value each, of the same type (zeros for what the loss does not depend on). Only the paths between `wrt` and
 * the loss get backward nodes.
 * @throws ModelError (MISSING_GRADIENT) naming operator, node and its path to the loss; ShapeError for a loss that is no number.
 */
export function grad(loss: Value, wrt: readonly Value[], options: GradOptions = {}): Value[] {
  const { graph } = loss;
  checkRequest(loss, wrt, options);
  const needed = neededNodes([loss]);
  const nodes = graph.nodes.filter((node) => needed.has(node));
  const reverse = new Reverse(wrt, options.recompute && new Recompute(options.recompute, nodes));
  for (const node of nodes) reverse.reach(node);

  const seed = options.seed ?? op.reshape(graph.constant(1, loss.dtype), loss.shape);
  reverse.contribute(loss, seed, null);
  for (const node of nodes.reverse()) reverse.visit(node, loss);
  return wrt.map((value) => reverse.total(value) ?? graph.zeros(value));
}

/** The state of one reverse sweep. */
class Reverse {
  /** Values that depend on what is differentiated for. */
  readonly #active: Set<Value>;
  readonly #contributions = new Map<Value, Value[]>();
  /** The node through which a value's cotangent came first: the way back to the loss, for errors. */
  readonly #towardsLoss = new Map<Value, Node | null>();

  readonly #recompute: Recompute | undefined;

  constructor(wrt: readonly Value[], recompute: Recompute | undefined) {
    this.#active = new Set(wrt);
    this.#recompute = recompute;
  }

  /** Marks what depends on the active values; called in topological order. */
  reach(node: Node): void {
    if (!this.#dependsOn(node)) return;
    for (const output of node.outputs) if (isFloat(output.dtype)) this.#active.add(output);
  }

  /** On an active value, which a subgraph may have captured. */
  #dependsOn(node: Node): boolean {
    return (node.customGradient?.inputs ?? reads(node)).some((value) => this.#active.has(value));
  }

  contribute(value: Value, cotangent: Value, from: Node | null): void {
    if (!sameType(value, cotangent)) {
      throw new ShapeError({
        code: "GRADIENT_SHAPE",
        message: `the gradient rule of ${from?.op ?? "the loss"} gives a wrong type`,
        expected: typeText(value),
        got: typeText(cotangent),
        where: from ? `node "${from.name}", input ${value.name}` : value.name,
      });
    }
    const held = this.#contributions.get(value);
    if (held) held.push(cotangent);
    else {
      this.#contributions.set(value, [cotangent]);
      this.#towardsLoss.set(value, from);
    }
  }

  /** The cotangent of a value, its contributions summed once; null where none came. */
  total(value: Value): Value | null {
    const held = this.#contributions.get(value);
    if (!held) return null;
    const sum = accumulate(held);
    held.splice(0, held.length, sum);
    return sum;
  }

  /** Sends the cotangents of a node's outputs on to its inputs. */
  visit(node: Node, loss: Value): void {
    const reached = node.outputs.some((output) => this.#contributions.has(output) && this.#active.has(output));
    if (!reached || !this.#dependsOn(node)) return;
    const inputs = node.customGradient?.inputs ?? node.inputs;
    try {
      node.graph.within(node.scope === "" ? "backward" : `backward.${node.scope}`, () => {
        const rules = this.#rules(node);
        inputs.forEach((value, i) => {
          const rule = rules[i];
          if (value && rule && this.#active.has(value)) this.contribute(value, rule(), node);
        });
      });
    } catch (error) {
      if (!(error instanceof ModelError) || error.code !== "MISSING_GRADIENT") throw error;
      const message = error.message.split(";")[0] as string;
      throw new ModelError({ ...error, message, where: `${error.where}, path ${this.#path(node, loss)}` });
    }
  }

  #rules(node: Node): readonly InputGradient[] {
    const cotangents = node.outputs.map((output) => this.total(output));
    const known = cotangents.find((cotangent) => cotangent !== null) as Value;
    const twin = this.#recompute?.twinOf(node, known) ?? node;
    if (twin.customGradient) {
      const dy = cotangents[0] ?? node.graph.zeros(node.outputs[0] as Value);
      return twin.customGradient.rule({ ...twin.customGradient, dy });
    }
    const { gradient } = node.graph.definition(node.op);
    if (gradient === "missing") throw missingGradient(node);
    if (typeof gradient === "string") return [];
    return gradient({ graph: node.graph, node: twin, cotangents });
  }

  #path(node: Node, loss: Value): string {
    const steps = [node.name];
    let at: Node | null | undefined = node;
    while (at) {
      const output: Value | undefined = at.outputs.find((value) => this.#towardsLoss.has(value));
      at = output && this.#towardsLoss.get(output);
      if (at) steps.push(at.name);
    }
    return [...steps, loss.name].join(" -> ");
  }
}

function checkRequest(loss: Value, wrt: readonly Value[], { seed }: GradOptions): void {
  const where = `loss "${loss.name}"`;
  if (!isFloat(loss.dtype) || (!seed && sizeOf(loss.shape) !== 1)) {
    throw new ShapeError({
      code: "LOSS_NOT_SCALAR",
      message: "this cannot be differentiated",
      expected: "one floating-point number, or a seed",
      got: typeText(loss),
      where,
    });
  }
  if (seed && !sameType(seed, loss)) {
    throw new ShapeError({
      code: "SEED_TYPE",
      message: "the seed does not fit the loss",
      expected: typeText(loss),
      got: typeText(seed),
      where,
    });
  }
  const odd = wrt.find((value) => !isFloat(value.dtype));
  if (odd) {
    throw new ShapeError({
      code: "NOT_DIFFERENTIABLE",
      message: `"${odd.name}" has no gradient`,
      expected: "floating-point values",
      got: typeText(odd),
      where,
    });
  }
}
