import type { Attributes, AttributeValue, Graph, Node, Value } from "../graph/graph.ts";
import type { Shape, Tensor, TensorType } from "../graph/tensor.ts";

/**
 * What the engine knows about one ONNX operator, in one place: its signature, its result types, its gradient and, where
 * shape arithmetic needs it, its value on constants. `defineOp` checks the parts against each other: a gradient names
 * every input of the signature, so that a forgotten one does not compile.
 */
export interface OpDefinition {
  /** Operator name as in the ONNX specification of `opset`. */
  readonly name: string;
  /** "" is ai.onnx. */
  readonly domain: string;
  /** ONNX argument names; a trailing "?" marks an optional one, "..." a variadic one (last). */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: AttributeSchema;
  /** Types of all outputs, optional ones included. */
  infer(call: Call): readonly TensorType[];
  /** Values of the outputs when the constant inputs determine them, else null; `constantOf(value)` reads an input. */
  readonly fold?: (call: Call) => readonly Tensor[] | null;
  readonly gradient: GradientRule | NoGradient;
  /** Composites only: adding one adds these nodes in its place. */
  readonly build?: (call: Call) => readonly Value[];
}

/** The opset whose operator semantics the table follows; import converts older models, export declares it. */
export const opset = 21;

/**
 * Why an operator has no gradient rule. "discrete": its outputs are integers, booleans or shapes and carry none;
 * "flat": its derivative is zero almost everywhere; "composed": it is built from others and they have; "missing": it has
 * one that is not written (a ModelError if it is needed).
 */
export type NoGradient = "discrete" | "flat" | "composed" | "missing";

/** A node in the making, as shape inference sees it. */
export interface Call {
  readonly graph: Graph;
  readonly op: string;
  readonly nodeName: string;
  readonly inputs: readonly (Value | null)[];
  readonly attributes: Attributes;
  readonly numOutputs: number;
}

/** A finished node whose cotangents are known: what a gradient rule sees. Only cotangents that exist are non-null. */
export interface GradientCall {
  readonly graph: Graph;
  readonly node: Node;
  readonly cotangents: readonly (Value | null)[];
}

/** One thunk an input; it is called only when the input needs a gradient. null: that input is not differentiable. */
export type InputGradient = (() => Value) | null;
export type GradientRule = (call: GradientCall) => readonly InputGradient[];

// ---- attributes ---------------------------------------------------------------------------------------------------

export interface AttributeSpec<T extends AttributeValue | undefined = AttributeValue | undefined> {
  /** The ONNX attribute type: this is what tells an integer from a float when a graph is written. */
  readonly type: "int" | "float" | "string" | "ints" | "floats" | "strings" | "tensor" | "graph";
  /** Value used when the attribute is absent; undefined: it may be absent. */
  readonly fallback: T;
}
export type AttributeSchema = Readonly<Record<string, AttributeSpec>>;
export type AttributesOf<S extends AttributeSchema> = { readonly [K in keyof S]: S[K]["fallback"] };

export function int(): AttributeSpec<number | undefined>;
export function int(fallback: number): AttributeSpec<number>;
export function int(fallback?: number): AttributeSpec<number | undefined> {
  return { type: "int", fallback };
}
export function float(): AttributeSpec<number | undefined>;
export function float(fallback: number): AttributeSpec<number>;
export function float(fallback?: number): AttributeSpec<number | undefined> {
  return { type: "float", fallback };
}
export const string = <T extends string>(fallback: T): AttributeSpec<string> => ({ type: "string", fallback });
export const ints = (fallback?: Shape): AttributeSpec<Shape | undefined> => ({ type: "ints", fallback });
export const floats = (): AttributeSpec<readonly number[] | undefined> => ({ type: "floats", fallback: undefined });
export const strings = (): AttributeSpec<readonly string[] | undefined> => ({ type: "strings", fallback: undefined });
export const tensorAttribute = (): AttributeSpec<Tensor | undefined> => ({ type: "tensor", fallback: undefined });
export const graphAttribute = (): AttributeSpec<Graph | undefined> => ({ type: "graph", fallback: undefined });

// ---- typed definitions --------------------------------------------------------------------------------------------

type Bare<S> = S extends `${infer N}?` ? N : S extends `${infer N}...` ? N : S;
type Names = readonly string[];
type Arguments<S extends Names> = {
  readonly [K in S[number] as Bare<K>]: K extends `${string}?`
    ? Value | null
    : K extends `${string}...`
      ? readonly Value[]
      : Value;
};
type Rules<S extends Names> = {
  readonly [K in S[number] as Bare<K>]: K extends `${string}...` ? readonly InputGradient[] | null : InputGradient;
};
type Cotangents<S extends Names> = {
  readonly [K in S[number] as Bare<K>]: K extends `${string}...` ? readonly (Value | null)[] : Value | null;
};
/** In a gradient, an optional output that the node lacks is added to it when it is read. */
type Results<S extends Names> = {
  readonly [K in S[number] as Bare<K>]: K extends `${string}...` ? readonly Value[] : Value;
};

export interface TypedCall<I extends Names, A extends AttributeSchema> extends Omit<Call, "inputs" | "attributes"> {
  readonly inputs: Arguments<I>;
  readonly attributes: AttributesOf<A>;
}

export interface TypedGradientCall<I extends Names, O extends Names, A extends AttributeSchema> {
  readonly graph: Graph;
  readonly node: Node;
  readonly inputs: Arguments<I>;
  readonly outputs: Results<O>;
  readonly attributes: AttributesOf<A>;
  /** Cotangent of the first output (zeros if only others are used). */
  readonly dy: Value;
  /** Cotangents by output name; null where nothing flows. */
  readonly d: Cotangents<O>;
}

export interface OpSpec<I extends Names, O extends Names, A extends AttributeSchema> {
  domain?: string;
  inputs: I;
  outputs: O;
  attributes?: A;
  infer(call: TypedCall<I, A>): readonly TensorType[];
  fold?(call: TypedCall<I, A>): readonly Tensor[] | null;
  gradient: ((call: TypedGradientCall<I, O, A>) => Rules<I>) | NoGradient;
}

/** Declares an operator; see OpDefinition for the parts. */
export function defineOp<
  const I extends Names,
  const O extends Names,
  A extends AttributeSchema = Record<never, never>,
>(name: string, spec: OpSpec<I, O, A>): OpDefinition {
  const attributes: AttributeSchema = spec.attributes ?? {};
  const inputNames = spec.inputs.map(bare);
  const inputsOf = namedBy(spec.inputs);
  const cotangentsOf = namedBy(spec.outputs);
  const resultsOf = resultsBy(spec.outputs);
  const attributesOf = completedBy(attributes);
  const typed = (call: Call): TypedCall<I, A> => ({
    graph: call.graph,
    op: call.op,
    nodeName: call.nodeName,
    numOutputs: call.numOutputs,
    inputs: inputsOf(call.inputs) as Arguments<I>,
    attributes: attributesOf(call.attributes) as AttributesOf<A>,
  });
  const { fold, gradient } = spec;
  return {
    name,
    domain: spec.domain ?? "",
    inputs: spec.inputs,
    outputs: spec.outputs,
    attributes,
    infer: (call) => spec.infer(typed(call)),
    ...(fold && { fold: (call: Call) => fold(typed(call)) }),
    gradient: typeof gradient === "string" ? gradient : rule,
  };

  function rule({ graph, node, cotangents }: GradientCall): readonly InputGradient[] {
    const first = node.outputs[0] as Value;
    const rules = (gradient as Exclude<typeof gradient, string>)({
      graph,
      node,
      inputs: inputsOf(node.inputs) as Arguments<I>,
      outputs: resultsOf(node) as Results<O>,
      attributes: attributesOf(node.attributes) as AttributesOf<A>,
      get dy() {
        return cotangents[0] ?? graph.zeros(first);
      },
      d: cotangentsOf(cotangents) as Cotangents<O>,
    }) as Readonly<Record<string, InputGradient | readonly InputGradient[]>>;
    return inputNames.flatMap((input) => rules[input] as InputGradient | readonly InputGradient[]);
  }
}

/** An operator that is no node of its own: adding it adds the nodes that `build` makes, whose gradients are its gradient. */
export function defineComposite<const I extends Names, A extends AttributeSchema = Record<never, never>>(
  name: string,
  spec: { inputs: I; outputs: Names; attributes?: A; build(call: TypedCall<I, A>): Value | readonly Value[] },
): OpDefinition {
  const attributes: AttributeSchema = spec.attributes ?? {};
  const inputsOf = namedBy(spec.inputs);
  const attributesOf = completedBy(attributes);
  return {
    name,
    domain: "",
    inputs: spec.inputs,
    outputs: spec.outputs,
    attributes,
    infer: () => [],
    gradient: "composed",
    build: (call) =>
      [
        spec.build({
          ...call,
          inputs: inputsOf(call.inputs) as Arguments<I>,
          attributes: attributesOf(call.attributes) as AttributesOf<A>,
        }),
      ].flat(),
  };
}

/** "X?" and "inputs..." without their marks. */
export function bare(argument: string): string {
  return argument.replace(/(\?|\.\.\.)$/, "");
}

// The rest runs for every node that is made or differentiated: what depends on the signature alone is worked out once.

/** Adds the fallbacks of a schema to given attributes; attributes without either are absent. */
function completedBy(schema: AttributeSchema): (given: Attributes) => Attributes {
  const specs = Object.entries(schema).map(([name, { fallback }]) => ({ name, fallback }));
  return (given) => {
    const all: Record<string, AttributeValue> = {};
    for (const { name, fallback } of specs) {
      const value = given[name] ?? fallback;
      if (value !== undefined) all[name] = value;
    }
    return all;
  };
}

interface Argument {
  key: string;
  variadic: boolean;
}

const argumentsOf = (names: Names): Argument[] =>
  names.map((name) => ({ key: bare(name), variadic: name.endsWith("...") }));

/** Values by argument name; the last, variadic argument takes the rest. */
function namedBy<T>(names: Names): (values: readonly (T | null)[]) => Record<string, T | null | readonly (T | null)[]> {
  const all = argumentsOf(names);
  return (values) => {
    const named: Record<string, T | null | readonly (T | null)[]> = {};
    for (let i = 0; i < all.length; i++) {
      const { key, variadic } = all[i] as Argument;
      named[key] = variadic ? values.slice(i) : (values[i] ?? null);
    }
    return named;
  };
}

/** A node's outputs by name; an optional one is added to the node when it is read. */
function resultsBy(names: Names): (node: Node) => object {
  const getters = argumentsOf(names).map(({ key, variadic }, i) => {
    function get(this: { node: Node }): Value | readonly Value[] {
      return variadic ? this.node.outputs.slice(i) : this.node.graph.outputOf(this.node, i);
    }
    return [key, { get, enumerable: true }] as const;
  });
  const prototype = Object.defineProperties({}, Object.fromEntries(getters));
  return (node) => Object.create(prototype, { node: { value: node } }) as object;
}
