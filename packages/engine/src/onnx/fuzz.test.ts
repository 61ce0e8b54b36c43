import { expect, it } from "vitest";
import { RetortError } from "../errors.ts";
import { tensor } from "../graph/tensor.ts";
import { uniform } from "../runtime/testing.ts";
import { importOnnx } from "./import.ts";
import { modelBytes, node } from "./testing.ts";

const ints = (...data: number[]) => tensor("int64", [data.length], data);
const floats = (shape: number[]) =>
  tensor(
    "float32",
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i / 7),
  );

/** Small models that between them use every way in which a file decides sizes, counts and structure. */
const models = [
  modelBytes({
    inputs: { x: { dtype: "float32", shape: ["batch", 3, 4, 4] } },
    weights: { w: floats([2, 3, 3, 3]), b: floats([2]), target: ints(0, -1), g: floats([2]), head: floats([32, 5]) },
    nodes: [
      node("Conv", "x,w,b", "c", { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [1, 1] }),
      node("BatchNormalization", "c,g,b,g,g", "n"),
      node("Relu", "n", "r"),
      node("Reshape", "r,target", "f"),
      node("Gemm", "f,head", "y"),
    ],
    outputs: ["y"],
  }),
  modelBytes({
    inputs: { ids: { dtype: "int64", shape: ["batch", "seq"] } },
    weights: {
      table: floats([11, 6]),
      zero: tensor("int64", [], [0]),
      one: tensor("int64", [], [1]),
      axes: ints(0),
      rest: ints(2, 3),
      sizes: ints(2, 4),
    },
    nodes: [
      node("Gather", "table,ids", "e"),
      node("Shape", "ids", "s"),
      node("Gather", "s,zero", "b"),
      node("Gather", "s,one", "t"),
      node("Unsqueeze", "b,axes", "b1"),
      node("Unsqueeze", "t,axes", "t1"),
      node("Concat", "b1,t1,rest", "shape", { axis: 0 }),
      node("Reshape", "e,shape", "h"),
      node("Range", "zero,t,one", "positions"),
      node("ConstantOfShape", "shape", "filled", { value: tensor("float32", [1], [2]) }),
      node("Mul", "h,filled", "m"),
      node("Transpose", "m", "p", { perm: [0, 2, 1, 3] }),
      node("Softmax", "p", "q", { axis: -1 }),
      node("Tile", "positions,axes", "tiled"),
      node("Split", "e,sizes", "left,right", { axis: 2 }),
      node("SplitToSequence", "e,one", "parts", { axis: 1 }),
      node("SequenceAt", "parts,zero", "part"),
      node("Expand", "one,shape", "wide"),
    ],
    outputs: ["q", "right", "part"],
    opset: 17,
  }),
  modelBytes({
    inputs: {
      x: { dtype: "float32", shape: ["seq", "batch", 3] },
      at: { dtype: "float32", shape: ["batch", 2, 2, 2] },
    },
    weights: { w: floats([1, 8, 3]), r: floats([1, 8, 2]), image: floats([2, 1, 3, 3]) },
    functions: [
      {
        name: "Twice",
        domain: "own",
        opsetImport: [{ domain: "", version: 17 }],
        input: ["a"],
        output: ["b"],
        node: [node("Tanh", "a", "t"), node("Add", "t,a", "b")],
      },
    ],
    nodes: [
      node("LSTM", "x,w,r", "h,last", { hidden_size: 2, direction: "reverse" }),
      { ...node("Twice", "last", "l"), domain: "own" },
      node("GridSample", "image,at", "g", { mode: "bilinear" }),
    ],
    outputs: ["h", "l", "g"],
  }),
];

/** A copy with a few bytes changed, removed, repeated or added, or cut short. */
function mutated(bytes: Uint8Array, draw: () => number): Uint8Array {
  const below = (limit: number) => Math.floor(((draw() + 1) / 2) * limit);
  let made: Uint8Array = bytes.slice();
  for (let edits = 1 + below(4); edits > 0; edits--) {
    const at = below(made.length);
    const length = 1 + below(8);
    const kind = below(6);
    if (kind <= 2) made[at] = kind === 0 ? below(256) : made[at]! ^ (1 << below(8));
    else if (kind === 3) made = joined(made.subarray(0, at), made.subarray(at + length));
    else if (kind === 4) made = joined(made.subarray(0, at + length), made.subarray(at));
    else if (below(8) === 0) made = made.slice(0, at);
  }
  return made;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

it("reads 10,000 damaged models without a crash or a hang", { timeout: 120_000 }, () => {
  const dims = { batch: 2, seq: 3 };
  for (const bytes of models) importOnnx(bytes, { dims });
  const draw = uniform(20261123);
  const outcomes = new Map<string, number>();
  let slowest = 0;
  for (let i = 0; i < 10_000; i++) {
    const bytes = mutated(models[i % models.length]!, draw);
    const start = performance.now();
    let outcome = "read";
    try {
      importOnnx(bytes, { dims });
    } catch (error) {
      if (!(error instanceof RetortError)) throw new Error(`mutation ${i}`, { cause: error });
      outcome = error.code;
    }
    slowest = Math.max(slowest, performance.now() - start);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  expect(outcomes.get("read")).toBeGreaterThan(500);
  expect(outcomes.size).toBeGreaterThan(6);
  // Generous for a busy machine; a hang or an allocation of what a damaged size asks for takes far longer.
  expect(slowest).toBeLessThan(5_000);
});
