import type { Value } from "@retort/engine";
import { z } from "zod";
import { SpecError } from "../base/errors.ts";

/**
 * A loss: a graph from named tensors to one number. Names may be dotted ("student.logits") and optional ("mask?"); `build`
 * receives them nested: `({ student, mask }) => ...student.logits`.
 */
export interface LossDefinition<T = NamedTensors, P = unknown> {
  readonly title: string;
  /** A strict object; every field described. */
  readonly params: z.ZodType<P>;
  readonly needs: readonly string[];
  /** @throws ShapeError when the tensors do not fit each other. */
  build(tensors: T, params: P): Value;
}

/** What `build` receives: "student.logits", "mask?" become { student: { logits: Value }, mask?: Value }. */
export type Tensors<N extends string> = { readonly [H in Head<Required<N>>]: Branch<Required<N>, H> } & {
  readonly [H in Head<Optional<N>>]?: Branch<Optional<N>, H>;
};

export interface NamedTensors {
  readonly [name: string]: Value | NamedTensors | undefined;
}

type Optional<N extends string> = N extends `${infer Name}?` ? Name : never;
type Required<N extends string> = N extends `${string}?` ? never : N;
type Head<N extends string> = N extends `${infer H}.${string}` ? H : N;
type Branch<N extends string, H extends string> = H extends N
  ? Value
  : { readonly [Leaf in N as Leaf extends `${H}.${infer Rest}` ? Rest : never]: Value };

/** Declares a loss; its `build` is typed by the names in `needs` and by `params`. */
export function defineLoss<P, const N extends string>(
  definition: LossDefinition<Tensors<N>, P> & { readonly needs: readonly N[] },
): LossDefinition<Tensors<N>, P> {
  return definition;
}

/**
 * Builds a loss whose kind is data (a recipe's parameter): tensors by their dotted names, parameters unparsed.
 * @throws SpecError for a tensor that is missing or parameters that are wrong; ShapeError as `build` does
 */
export function buildLoss(
  definition: LossDefinition,
  tensors: Readonly<Record<string, Value>>,
  params: unknown = {},
): Value {
  const { title, needs } = definition;
  const missing = needs.find((name) => !name.endsWith("?") && !Object.hasOwn(tensors, name));
  if (missing !== undefined) {
    throw new SpecError({
      code: "LOSS_TENSOR_MISSING",
      message: `${title} lacks the tensor "${missing}"`,
      expected: needs.join(", "),
      got: Object.keys(tensors).join(", ") || "none",
    });
  }
  const parsed = definition.params.safeParse(params);
  if (!parsed.success) {
    throw new SpecError({
      code: "LOSS_PARAMS",
      message: `${title} has wrong parameters`,
      got: z.prettifyError(parsed.error),
    });
  }
  const used = needs.map((name) => name.replace(/\?$/, "")).filter((name) => Object.hasOwn(tensors, name));
  return definition.build(nested(used.map((name) => [name, tensors[name]!])), parsed.data);
}

function nested(entries: readonly (readonly [string, Value])[]): NamedTensors {
  const branches: Record<string, Value | Record<string, Value>> = {};
  for (const [name, value] of entries) {
    const dot = name.indexOf(".");
    if (dot < 0) branches[name] = value;
    else {
      const head = name.slice(0, dot);
      branches[head] = { ...(branches[head] as Record<string, Value> | undefined), [name.slice(dot + 1)]: value };
    }
  }
  return branches;
}
