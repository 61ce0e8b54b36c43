import { ShapeError } from "../errors.ts";
import type { Graph, Value } from "../graph/graph.ts";
import { type Shape, sameShape, type Tensor, typeText } from "../graph/tensor.ts";
import { type Initializer, randomFor } from "./init.ts";

export interface ScopeOptions {
  /** Put in front of every parameter name, as it is: "student.". */
  prefix?: string;
  /** Decides all initial values, each by its name, so that the order of building does not matter. */
  seed?: number;
  /** May training change the parameters? A pattern is tested on full names. Default true. */
  trainable?: boolean | RegExp;
  /** Contents by full name; they win over the initializers. */
  weights?: ReadonlyMap<string, Tensor>;
  /** Leave contents that are not given empty: for graphs whose weights come when they are compiled, and to count them. */
  hollow?: boolean;
}

/** A place for parameters: modules name theirs relative to it. Asking twice for one name gives the same parameter. */
export interface Scope {
  readonly graph: Graph;
  /** Full name of what `name` means here. */
  path(name: string): string;
  /** The scope below, for a module: `p.at("blocks.0")`. */
  at(name: string): Scope;
  /** @throws ShapeError when the name exists with another shape, or given weights do not fit. */
  parameter(name: string, shape: Shape, initializer: Initializer): Value;
}

export function scope(graph: Graph, options: ScopeOptions = {}): Scope {
  const { prefix = "", seed = 0, trainable = true, weights, hollow = false } = options;
  const path = (name: string) => `${prefix}${name}`;
  return {
    graph,
    path,
    at: (name) => scope(graph, { ...options, prefix: `${path(name)}.` }),
    parameter(name, shape, initializer) {
      const full = path(name);
      const known = graph.parameters.get(full);
      const initial = () => (hollow ? emptyTensor(shape) : initializer(shape, randomFor(seed, full)));
      const contents = known?.tensor ?? weights?.get(full) ?? initial();
      if (!sameShape(contents.shape, shape)) {
        const [expected, got] = [`[${shape}]`, typeText(contents)];
        throw new ShapeError({
          code: "PARAMETER_SHAPE",
          message: `parameter "${full}" has another shape`,
          expected,
          got,
        });
      }
      const free = trainable instanceof RegExp ? trainable.test(full) : trainable;
      return known ?? graph.parameter(full, contents, { trainable: free });
    },
  };
}

/** The type of a weight without its contents; a graph that is written with it still empty is refused. */
function emptyTensor(shape: Shape): Tensor {
  return { dtype: "float32", shape: [...shape], data: new Float32Array(0) };
}

/** Builds a module with its nodes marked as belonging to the scope's path. */
export function inScope<T>(p: Scope, build: () => T): T {
  return p.graph.within(p.path("").replace(/\.$/, ""), build);
}
