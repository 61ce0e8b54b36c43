import { ModelError } from "../errors.ts";
import type { Call, OpDefinition } from "../ops/definition.ts";
import { arityError, checkInputs } from "./arity.ts";
import { copyInto } from "./copy.ts";
import {
  type DType,
  filled,
  numbers,
  sameShape,
  sizeOf,
  type Tensor,
  type TensorType,
  tensor,
  typeText,
} from "./tensor.ts";
import { neededNodes, reads } from "./traverse.ts";

export { neededNodes, reads };

/** Attributes under their ONNX names. Whether a number is an ONNX int or a float is said by the operator's schema. */
export type AttributeValue = number | string | readonly number[] | readonly string[] | Tensor | Graph;
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** One tensor of a graph: an input, a weight, a constant or the result of a node. Its type is known when it is made. */
export interface Value extends TensorType {
  readonly graph: Graph;
  readonly name: string;
  readonly kind: "input" | "parameter" | "constant" | "node";
  readonly producer: Node | null;
  /** Contents of a constant, initial contents of a parameter. */
  readonly tensor: Tensor | null;
  /** Parameters only: does training change it? */
  trainable: boolean;
}

/** One operator application, with ONNX semantics. In a subgraph (If, Loop) inputs may be values of enclosing graphs. */
export interface Node {
  readonly graph: Graph;
  readonly op: string;
  readonly domain: string;
  readonly name: string;
  /** null: an optional input that is left out. */
  readonly inputs: readonly (Value | null)[];
  readonly outputs: readonly Value[];
  readonly attributes: Attributes;
  /** Dotted path of the module that the node belongs to ("student.blocks.0"), for reports and recomputation. */
  scope: string;
  /** Replaces the chain rule through whatever computed the node's first output. */
  customGradient: CustomGradient | null;
}

/**
 * A gradient in closed form of `node.outputs[0]` with respect to some earlier values. The rule reads values only through
 * its argument, so that it survives a copy of the graph.
 */
export interface CustomGradient {
  readonly inputs: readonly Value[];
  /** Results of the forward pass that the rule reads. */
  readonly saved: readonly Value[];
  /** One thunk an input, called only for inputs that need a gradient; null: none flows there. */
  readonly rule: (at: CustomGradientCall) => readonly ((() => Value) | null)[];
}

export interface CustomGradientCall {
  readonly dy: Value;
  readonly inputs: readonly Value[];
  readonly saved: readonly Value[];
}

export type OpTable = Readonly<Record<string, OpDefinition>>;

export interface AddOptions {
  name?: string;
  /** Default: the operator's required outputs. */
  numOutputs?: number;
  /** Preferred names of the outputs (made unique when taken). */
  outputNames?: readonly string[];
}

/**
 * An ONNX graph in the making, in topological order by construction. Build one with `graph(name)`; nodes are added by
 * `op.*` or `add`, which infers the result types at once.
 */
export class Graph {
  readonly name: string;
  readonly ops: OpTable;
  readonly parent: Graph | null;
  readonly inputs: Value[] = [];
  readonly parameters = new Map<string, Value>();
  readonly constants: Value[] = [];
  readonly outputs = new Map<string, Value>();
  /** Scope that new nodes get. */
  scope = "";
  #nodes: Node[] = [];
  readonly #names: Set<string>;
  readonly #constantKeys = new Map<string, Value>();
  readonly #constantTensors = new Map<Tensor, Value>();
  readonly #counters: Map<string, number>;

  constructor(name: string, ops: OpTable, parent: Graph | null = null) {
    this.name = name;
    this.ops = ops;
    this.parent = parent;
    // Names are unique over a graph and its subgraphs, so that a subgraph never shadows what it captures.
    this.#names = parent ? parent.#names : new Set();
    this.#counters = parent ? parent.#counters : new Map();
  }

  get nodes(): readonly Node[] {
    return this.#nodes;
  }

  /** A body for If or Loop, whose nodes may read this graph's values. */
  subgraph(name: string): Graph {
    return new Graph(name, this.ops, this);
  }

  /** @throws ModelError when the name is taken. */
  input(name: string, type: TensorType): Value {
    this.#claim(name);
    const value = this.#value({ name, kind: "input", type });
    this.inputs.push(value);
    return value;
  }

  /**
   * A named weight with its initial contents; the state of training.
   * @throws ModelError when the name is taken.
   */
  parameter(name: string, initial: Tensor, options: { trainable?: boolean } = {}): Value {
    this.#claim(name);
    const value = this.#value({ name, kind: "parameter", type: initial, tensor: initial });
    value.trainable = options.trainable ?? true;
    this.parameters.set(name, value);
    return value;
  }

  /** A constant: a tensor, a scalar or a 1-D list. Small equal constants are one value. */
  constant(contents: Tensor | number | readonly number[], dtype: DType = "float32", name = "constant"): Value {
    const held =
      typeof contents === "number"
        ? tensor(dtype, [], [contents])
        : isTensor(contents)
          ? contents
          : tensor(dtype, [contents.length], contents);
    const key = held.data.length <= 64 ? constantKey(held) : null;
    const known = key === null ? this.#constantTensors.get(held) : this.#constantKeys.get(key);
    if (known) return known;
    const value = this.#value({ name: this.#take(name), kind: "constant", type: held, tensor: held });
    if (key === null) this.#constantTensors.set(held, value);
    else this.#constantKeys.set(key, value);
    this.constants.push(value);
    return value;
  }

  /** Zeros of the same type; large ones are made at run time, so that they neither fill files nor stay in memory. */
  zeros(like: TensorType): Value {
    if (sizeOf(like.shape) <= 256) return this.constant(filled(like.dtype, like.shape, 0));
    const shape = this.constant(like.shape, "int64");
    return this.add("ConstantOfShape", [shape], { value: filled(like.dtype, [1], 0) })[0] as Value;
  }

  /**
   * Adds a node and infers its result types.
   * @throws ShapeError naming operator, node and shapes; ModelError for an unknown operator or attribute.
   */
  add(op: string, inputs: readonly (Value | null)[], attributes: Attributes = {}, options: AddOptions = {}): Value[] {
    const definition = this.definition(op);
    const name = this.#take(options.name ?? this.#nextName(op));
    const call = this.#call(definition, { name, inputs, attributes, options });
    if (definition.build) return definition.build(call).slice(0, call.numOutputs);
    const types = definition.infer(call);
    const names = options.outputNames ?? [];
    const outputs: Value[] = [];
    const node: Node = {
      graph: this,
      op,
      domain: definition.domain,
      name,
      inputs: [...inputs],
      outputs,
      attributes,
      scope: this.scope,
      customGradient: null,
    };
    for (let i = 0; i < call.numOutputs; i++) {
      const type = types[i];
      if (!type) throw arityError(call, `${types.length} outputs at most`, `${call.numOutputs}`);
      const given = names[i];
      const valueName = this.#take(given || (i === 0 ? `${name}:y` : `${name}:y${i}`));
      outputs.push(this.#value({ name: valueName, kind: "node", type, producer: node }));
    }
    this.#nodes.push(node);
    return [...outputs];
  }

  /** What the node would compute, when its constant inputs tell; nothing is added. null: it has to be run. */
  fold(
    op: string,
    inputs: readonly (Value | null)[],
    attributes: Attributes = {},
    options: AddOptions = {},
  ): readonly Tensor[] | null {
    const definition = this.definition(op);
    if (!definition.fold) return null;
    return definition.fold(this.#call(definition, { name: options.name ?? op, inputs, attributes, options }));
  }

  /** Output `index` of a node of this graph; an optional one that the node lacks so far is added to it. */
  outputOf(node: Node, index: number): Value {
    const definition = this.definition(node.op);
    const outputs = node.outputs as Value[];
    if (index >= outputs.length) {
      const { name, inputs, attributes } = node;
      const types = definition.infer(
        this.#call(definition, { name, inputs, attributes, options: { numOutputs: index + 1 } }),
      );
      for (let i = outputs.length; i <= index; i++) {
        const valueName = this.#take(`${node.name}:y${i}`);
        outputs.push(this.#value({ name: valueName, kind: "node", type: types[i] as TensorType, producer: node }));
      }
    }
    return outputs[index] as Value;
  }

  /** Declares a result of the graph. The value keeps its own name; writers give the tensor the output's name where they can. */
  output(name: string, value: Value): void {
    const holder = this.parameters.get(name) ?? this.inputs.find((input) => input.name === name);
    if (this.outputs.has(name) || (holder && holder !== value)) {
      throw new ModelError({ code: "DUPLICATE_NAME", message: `the name "${name}" of an output is taken` });
    }
    this.#checkOwner(value, `output "${name}"`);
    this.outputs.set(name, value);
  }

  /** Runs `build` with new nodes in the scope `path` (relative to the current one). */
  within<T>(path: string, build: () => T): T {
    const outer = this.scope;
    this.scope = outer && path ? `${outer}.${path}` : outer || path;
    try {
      return build();
    } finally {
      this.scope = outer;
    }
  }

  /** Drops the nodes and constants that no output needs. */
  prune(): void {
    const needed = neededNodes([...this.outputs.values()]);
    this.#nodes = this.#nodes.filter((node) => needed.has(node));
    const used = new Set([...this.outputs.values()]);
    for (const node of this.#nodes) for (const value of reads(node)) used.add(value);
    for (let i = this.constants.length - 1; i >= 0; i--) {
      if (!used.has(this.constants[i] as Value)) this.constants.splice(i, 1);
    }
    for (const held of [this.#constantKeys, this.#constantTensors]) {
      for (const [key, value] of held as Map<unknown, Value>)
        if (!used.has(value)) (held as Map<unknown, Value>).delete(key);
    }
  }

  /** A copy that can be extended without touching this graph; `values` maps old values to new ones. Tensors are shared. */
  clone(name = this.name): { graph: Graph; values: ReadonlyMap<Value, Value> } {
    const copy = new Graph(name, this.ops, this.parent ? this.parent : null);
    const values = new Map<Value, Value>();
    copyInto(this, copy, values);
    return { graph: copy, values };
  }

  /** @throws ModelError when the table has no such operator. */
  definition(op: string): OpDefinition {
    const definition = Object.hasOwn(this.ops, op) ? this.ops[op] : undefined;
    if (!definition) {
      throw new ModelError({
        code: "UNKNOWN_OP",
        message: `operator "${op}" is not known`,
        where: `graph "${this.name}"`,
        fix: "Rewrite the model with operators of the table in packages/engine/README.md, or add a definition to src/ops.",
      });
    }
    return definition;
  }

  /** `base`, or `base` with the first number that makes it unused. */
  uniqueName(base: string): string {
    let name = base;
    for (let n = this.#counters.get(base) ?? 1; this.#names.has(name); n++) {
      name = `${base}_${n}`;
      this.#counters.set(base, n + 1);
    }
    return name;
  }

  #take(base: string): string {
    const name = this.uniqueName(base);
    this.#names.add(name);
    return name;
  }

  #nextName(op: string): string {
    return this.scope === "" ? op : `${this.scope}/${op}`;
  }

  #claim(name: string): void {
    if (this.#names.has(name)) {
      throw new ModelError({
        code: "DUPLICATE_NAME",
        message: `the name "${name}" is taken`,
        where: `graph "${this.name}"`,
      });
    }
    this.#names.add(name);
  }

  #call(
    definition: OpDefinition,
    made: { name: string; inputs: readonly (Value | null)[]; attributes: Attributes; options: AddOptions },
  ): Call {
    const { inputs, attributes, options } = made;
    const numOutputs = options.numOutputs ?? options.outputNames?.length ?? numRequired(definition.outputs);
    const call = { graph: this, op: definition.name, nodeName: made.name, inputs, attributes, numOutputs };
    checkInputs(definition, call);
    for (const value of inputs) {
      if (value && value.graph !== this) this.#checkOwner(value, `input of node "${made.name}" (${definition.name})`);
    }
    for (const attribute of Object.keys(attributes)) {
      if (!Object.hasOwn(definition.attributes, attribute)) {
        throw new ModelError({
          code: "UNKNOWN_ATTRIBUTE",
          message: `${definition.name} has no attribute "${attribute}"`,
          expected: Object.keys(definition.attributes).join(", ") || "no attributes",
          where: `node "${made.name}"`,
        });
      }
    }
    return call;
  }

  #checkOwner(value: Value, where: string): void {
    for (let owner: Graph | null = this; owner; owner = owner.parent) if (value.graph === owner) return;
    throw new ModelError({
      code: "FOREIGN_VALUE",
      message: `value "${value.name}" belongs to graph "${value.graph.name}"`,
      expected: `a value of graph "${this.name}" or of one around it`,
      where,
    });
  }

  #value(made: { name: string; kind: Value["kind"]; type: TensorType; tensor?: Tensor; producer?: Node }): Value {
    const { dtype, shape } = made.type;
    const { name, kind, producer = null } = made;
    return { graph: this, name, kind, dtype, shape, producer, tensor: made.tensor ?? null, trainable: false };
  }
}

/** How many outputs a node has at least: all but the optional ones. */
function numRequired(outputs: readonly string[]): number {
  let count = 0;
  for (const output of outputs) if (!output.endsWith("?")) count++;
  return count;
}

function isTensor(contents: Tensor | readonly number[]): contents is Tensor {
  return "data" in contents;
}

/** Equal for equal tensors only; -0 and 0 are different constants. */
function constantKey(held: Tensor): string {
  let key = typeText(held);
  for (const value of held.data) key += Object.is(value, -0) ? ",-0" : `,${value}`;
  return key;
}

/** Do two types agree entirely? */
export function sameType(a: TensorType, b: TensorType): boolean {
  return a.dtype === b.dtype && sameShape(a.shape, b.shape);
}

/** The value's contents when nothing can change them: a constant, or a weight that is not trained. */
export function fixedContents(value: Value | null): Tensor | null {
  return value?.kind === "constant" || (value?.kind === "parameter" && !value.trainable) ? value.tensor : null;
}

/** The value's contents when it is a constant. */
export function constantOf(value: Value | null): Tensor | null {
  return value?.kind === "constant" ? value.tensor : null;
}

/** Is it a constant scalar or a constant of one element with this number? */
export function isConstant(value: Value, number: number): boolean {
  const held = constantOf(value);
  return held !== null && sizeOf(held.shape) === 1 && numbers(held)[0] === number;
}
