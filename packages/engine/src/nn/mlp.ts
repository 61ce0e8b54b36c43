import type { Value } from "../graph/graph.ts";
import { op } from "../ops/functions.ts";
import type { Initializer } from "./init.ts";
import { linear } from "./linear.ts";
import { inScope, type Scope } from "./scope.ts";

/** Activations by the names that configurations use. */
export const activations = {
  gelu: (x: Value): Value => op.gelu(x),
  gelu_tanh: (x: Value): Value => op.gelu(x, { approximate: "tanh" }),
  quick_gelu: op.quickGelu,
  relu: op.relu,
  silu: op.silu,
  tanh: op.tanh,
} satisfies Record<string, (x: Value) => Value>;

export type ActivationName = keyof typeof activations;

export interface MlpOptions {
  hidden: number;
  /** Default: the width of x. */
  out?: number;
  /** Default "gelu" (exact). */
  activation?: ActivationName;
  bias?: boolean;
  init?: Initializer;
}

/** fc2(activation(fc1 x)). */
export function mlp(p: Scope, x: Value, options: MlpOptions): Value {
  const { hidden, out = x.shape.at(-1) as number, activation = "gelu", bias, init } = options;
  return inScope(p, () => {
    const inner = activations[activation](linear(p.at("fc1"), x, { out: hidden, bias, init }));
    return linear(p.at("fc2"), inner, { out, bias, init });
  });
}

/** down_proj(silu(gate_proj x) · up_proj x), without biases. */
export function swiglu(p: Scope, x: Value, options: { hidden: number; init?: Initializer }): Value {
  const { hidden: out, init } = options;
  return inScope(p, () => {
    const gate = op.silu(linear(p.at("gate_proj"), x, { out, bias: false, init }));
    const up = linear(p.at("up_proj"), x, { out, bias: false, init });
    return linear(p.at("down_proj"), op.mul(gate, up), { out: x.shape.at(-1) as number, bias: false, init });
  });
}
