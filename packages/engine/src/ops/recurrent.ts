/** Recurrent layers, laid out step by step: the length of a sequence is known, and so gradients are those of the steps. */
import { ModelError } from "../errors.ts";
import type { Value } from "../graph/graph.ts";
import { defineComposite, float, floats, int, string, strings } from "./definition.ts";
import { op } from "./functions.ts";
import { type AnyCall, demand } from "./inference.ts";

const attributes = {
  hidden_size: int(),
  direction: string("forward"),
  activations: strings(),
  activation_alpha: floats(),
  activation_beta: floats(),
  clip: float(),
  layout: int(0),
};

export const recurrent = {
  RNN: defineComposite("RNN", {
    inputs: ["X", "W", "R", "B?", "sequence_lens?", "initial_h?"],
    outputs: ["Y?", "Y_h?"],
    attributes,
    build: (call) => {
      const [f] = activationsOf(call, ["Tanh"]);
      return layer(call, { gates: 1, states: [call.inputs.initial_h] }, ({ x, r, rb, wb }, [h]) => [
        f!(op.add(op.add(x, op.matMul(h!, r)), op.add(wb, rb))),
      ]);
    },
  }),
  GRU: defineComposite("GRU", {
    inputs: ["X", "W", "R", "B?", "sequence_lens?", "initial_h?"],
    outputs: ["Y?", "Y_h?"],
    attributes: { ...attributes, linear_before_reset: int(0) },
    build: (call) => {
      const [f, g] = activationsOf(call, ["Sigmoid", "Tanh"]);
      const late = call.attributes.linear_before_reset !== 0;
      return layer(call, { gates: 3, states: [call.inputs.initial_h] }, ({ x, r, rb, wb }, [h]) => {
        const [xz, xr, xh] = parts(op.add(x, wb), 3);
        const [rz, rr, rh] = parts(r, 3);
        const [bz, br, bh] = parts(rb, 3);
        const z = f!(op.add(op.add(xz!, op.matMul(h!, rz!)), bz!));
        const reset = f!(op.add(op.add(xr!, op.matMul(h!, rr!)), br!));
        const recalled = late
          ? op.mul(reset, op.add(op.matMul(h!, rh!), bh!))
          : op.add(op.matMul(op.mul(reset, h!), rh!), bh!);
        const candidate = g!(op.add(xh!, recalled));
        return [op.add(op.mul(op.sub(1, z), candidate), op.mul(z, h!))];
      });
    },
  }),
  LSTM: defineComposite("LSTM", {
    inputs: ["X", "W", "R", "B?", "sequence_lens?", "initial_h?", "initial_c?", "P?"],
    outputs: ["Y?", "Y_h?", "Y_c?"],
    attributes: { ...attributes, input_forget: int(0) },
    build: (call) => {
      const [f, g, h] = activationsOf(call, ["Sigmoid", "Tanh", "Tanh"]);
      const { initial_h, initial_c, P } = call.inputs;
      return layer(
        call,
        { gates: 4, states: [initial_h, initial_c] },
        ({ x, r, rb, wb, direction }, [hidden, cell]) => {
          const [xi, xo, xf, xc] = parts(op.add(op.add(x, op.matMul(hidden!, r)), op.add(wb, rb)), 4);
          const [pi, po, pf] = P ? parts(op.gather(P, direction), 3) : [];
          const peep = (gate: Value, at: Value | undefined, c: Value) => (at ? op.add(gate, op.mul(at, c)) : gate);
          const input = f!(peep(xi!, pi, cell!));
          const forget = call.attributes.input_forget ? op.sub(1, input) : f!(peep(xf!, pf, cell!));
          const next = op.add(op.mul(forget, cell!), op.mul(input, g!(xc!)));
          return [op.mul(f!(peep(xo!, po, next)), h!(next)), next];
        },
      );
    },
  }),
};

interface LayerCall extends AnyCall {
  inputs: { X: Value; W: Value; R: Value; B: Value | null; sequence_lens: Value | null };
  attributes: { direction: string; layout: number; clip?: number | undefined };
}

/** What one step of one direction sees; weights are turned for products from the right. */
interface Step {
  /** The input's share of all gates, [B, gates·H]. */
  x: Value;
  /** [H, gates·H] */
  r: Value;
  /** Biases of the input's and of the state's share, [gates·H]. */
  wb: Value;
  rb: Value;
  direction: number;
}

type Cell = (step: Step, states: readonly Value[]) => Value[];

/** Longer sequences would be more nodes than a training can be made of. */
const maxSteps = 4096;

/** Y [T,D,B,H] and the last states [D,B,H] of all directions (batch first with layout 1). */
function layer(
  call: LayerCall,
  { gates, states }: { gates: number; states: readonly (Value | null)[] },
  cell: Cell,
): Value[] {
  const { X, W, R, B, sequence_lens: lengths } = call.inputs;
  const { direction, layout } = call.attributes;
  demand(X.shape.length === 3 && W.shape.length === 3 && R.shape.length === 3, call, "X, W and R of rank 3");
  if (call.attributes.clip !== undefined) throw unsupported(call, "clip");
  const batchFirst = layout === 1;
  const x = batchFirst ? op.transpose(X, [1, 0, 2]) : X;
  const [T, batch] = x.shape as [number, number];
  const [directions, , hidden] = R.shape as [number, number, number];
  demand(W.shape[1] === gates * hidden && R.shape[1] === gates * hidden, call, `weights of ${gates} gates`);
  demand(T <= maxSteps, call, `at most ${maxSteps} steps`);
  const length = lengths && op.unsqueeze(op.cast(lengths, "int64"), [1]); // [B,1]
  const lasts: Value[][] = [];
  const sequences = Array.from({ length: directions }, (_, d) => {
    const shares = unstacked(op.matMul(x, op.transpose(op.gather(W, d), [1, 0])), T);
    const [wb, rb] = B ? parts(op.gather(B, d), 2) : [];
    const none = x.graph.zeros({ dtype: x.dtype, shape: [gates * hidden] });
    const fixed = { r: op.transpose(op.gather(R, d), [1, 0]), wb: wb ?? none, rb: rb ?? none, direction: d };
    let held = states.map((initial) => {
      if (!initial) return x.graph.zeros({ dtype: x.dtype, shape: [batch, hidden] });
      return batchFirst ? op.gather(initial, d, { axis: 1 }) : op.gather(initial, d);
    });
    const backward = direction === "reverse" || d === 1;
    const outputs: Value[] = [];
    for (let step = 0; step < T; step++) {
      const t = backward ? T - 1 - step : step;
      const before = held;
      const after = cell({ ...fixed, x: shares[t]! }, before);
      // Beyond a sequence's end its states stay and its outputs are 0.
      const going = length && op.greater(length, t);
      held = going ? after.map((state, i) => op.where(going, state, before[i]!)) : after;
      outputs[t] = going ? op.where(going, after[0]!, 0) : after[0]!;
    }
    lasts.push(held);
    return op.stack(outputs, 0); // [T,B,H]
  });
  const y = op.stack(sequences, batchFirst ? 2 : 1);
  const results = states.map((_, i) =>
    op.stack(
      lasts.map((held) => held[i]!),
      batchFirst ? 1 : 0,
    ),
  );
  return [batchFirst ? op.transpose(y, [1, 0, 2, 3]) : y, ...results];
}

/** Equal parts along the last axis. */
function parts(x: Value, count: number): Value[] {
  const size = (x.shape.at(-1) as number) / count;
  return op.split(x, { split: Array.from({ length: count }, () => size), axis: x.shape.length - 1 });
}

/** The entries of the first axis. */
function unstacked(x: Value, count: number): Value[] {
  if (count === 1) return [op.squeeze(x, [0])];
  return op.split(x, { split: Array.from({ length: count }, () => 1) }).map((part) => op.squeeze(part, [0]));
}

const known: Readonly<Record<string, (x: Value) => Value>> = {
  Sigmoid: op.sigmoid,
  Tanh: op.tanh,
  Relu: op.relu,
  Softsign: op.softsign,
  Softplus: op.softplus,
};

/** The activations of the first direction; those of a second one must be the same. */
function activationsOf(
  call: AnyCall & { attributes: { activations?: readonly string[] | undefined } },
  defaults: readonly string[],
): ((x: Value) => Value)[] {
  const names = call.attributes.activations ?? defaults;
  return defaults.map((_, i) => {
    const name = names[i] ?? "";
    const made = Object.hasOwn(known, name) ? known[name] : undefined;
    if (!made || names.some((other, j) => j % defaults.length === i && other !== name))
      throw unsupported(call, `activations ${names.join(", ")}`);
    return made;
  });
}

function unsupported(call: AnyCall, got: string): ModelError {
  return new ModelError({
    code: "UNSUPPORTED",
    message: `a ${call.op} of a kind that the engine does not lay out`,
    expected: `no clip, and activations among ${Object.keys(known).join(", ")}, the same in both directions`,
    got,
    where: `node "${call.nodeName}"`,
  });
}
