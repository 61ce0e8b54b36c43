import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { grad } from "../autodiff/grad.ts";
import { ModelError, RetortError, ShapeError } from "../errors.ts";
import { type Tensor, tensor } from "../graph/tensor.ts";
import { op } from "../ops/functions.ts";
import { importFile } from "../runtime/import-file.ts";
import { compile } from "../runtime/program.ts";
import { exportOnnx } from "./export.ts";
import { type ImportOptions, importOnnx } from "./import.ts";
import { attributeType } from "./proto.ts";
import { type ModelText, modelBytes, node } from "./testing.ts";

const float = (shape: number[], data: number[]) => tensor("float32", shape, data);
const int = (...data: number[]) => tensor("int64", [data.length], data);
const x23 = { x: { dtype: "float32" as const, shape: [2, 3] } };

async function run(text: ModelText, feeds: Record<string, Tensor>, options: ImportOptions = {}): Promise<Tensor[]> {
  const program = await compile(importOnnx(modelBytes(text), options));
  try {
    return Object.values(await program.run(feeds));
  } finally {
    await program.dispose();
  }
}

function refusal(bytes: Uint8Array, options: ImportOptions = {}): RetortError {
  try {
    importOnnx(bytes, options);
  } catch (error) {
    expect(error).toBeInstanceOf(RetortError);
    return error as RetortError;
  }
  throw new Error("the model was not refused");
}

describe("importOnnx", () => {
  it("binds dynamic dimensions and folds the arithmetic on them", async () => {
    const text: ModelText = {
      inputs: { x: { dtype: "float32", shape: ["batch", 3, 2] } },
      weights: { zero: tensor("int64", [], [0]), axes: int(0), rest: int(-1) },
      nodes: [
        node("Shape", "x", "shape"),
        node("Gather", "shape,zero", "batch", { axis: 0 }),
        node("Unsqueeze", "batch,axes", "batch1"),
        node("Concat", "batch1,rest", "target", { axis: 0 }),
        node("Reshape", "x,target", "y"),
      ],
      outputs: ["y"],
    };
    const graph = importOnnx(modelBytes(text), { dims: { batch: 2 } });
    expect(graph.nodes.map((made) => made.op)).toEqual(["Reshape"]);
    expect(graph.outputs.get("y")!.shape).toEqual([2, 6]);
    expect(refusal(modelBytes(text))).toMatchObject({ code: "UNBOUND_DIMENSION", where: 'input "x"' });
    expect(refusal(modelBytes(text), { dims: { batch: -1 } })).toBeInstanceOf(ShapeError);
  });

  it("takes axes as attributes or as inputs", async () => {
    const x = float([2, 3], [1, 2, 3, 4, 5, 6]);
    const old = await run(
      { inputs: x23, opset: 11, nodes: [node("ReduceSum", "x", "s", { axes: [1], keepdims: 0 })], outputs: ["s"] },
      { x },
    );
    const weights = { axes: int(1) };
    const current = await run(
      { inputs: x23, weights, opset: 13, nodes: [node("ReduceSum", "x,axes", "s", { keepdims: 0 })], outputs: ["s"] },
      { x },
    );
    expect([...old[0]!.data]).toEqual([6, 15]);
    expect(current).toEqual(old);
  });

  it("keeps the flattening softmax of before opset 13", async () => {
    const inputs = { x: { dtype: "float32" as const, shape: [1, 2, 2] } };
    const x = float([1, 2, 2], [0, 0, 0, 0]);
    const [old] = await run({ inputs, opset: 11, nodes: [node("Softmax", "x", "y")], outputs: ["y"] }, { x });
    const [current] = await run({ inputs, opset: 13, nodes: [node("Softmax", "x", "y")], outputs: ["y"] }, { x });
    expect([...old!.data]).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect([...current!.data]).toEqual([0.5, 0.5, 0.5, 0.5]);
  });

  it("lays out control flow that does not depend on data", async () => {
    const branch = (value: number) => ({
      name: "branch",
      node: [node("Constant", "", "c", { value: float([], [value]) }), node("Add", "x,c", "sum")].map((made) =>
        made.opType === "Constant" ? { ...made, input: [] } : made,
      ),
      initializer: [],
      input: [],
      output: [{ name: "sum" }],
    });
    const graphs = [branch(1), branch(2)].map((g, i) => ({
      name: i === 0 ? "then_branch" : "else_branch",
      type: attributeType.graph,
      g,
    }));
    const choose = { ...node("If", "yes", "y"), attribute: graphs };
    const weights = { yes: tensor("bool", [], [1]) };
    const text: ModelText = { inputs: x23, weights, nodes: [choose], outputs: ["y"] };
    expect(importOnnx(modelBytes(text)).nodes.map((made) => made.op)).toEqual(["Add"]);

    const body = {
      name: "body",
      node: [node("Identity", "go", "goOn"), node("Add", "sum,x", "next")],
      initializer: [],
      input: [{ name: "i" }, { name: "go" }, { name: "sum" }],
      output: [{ name: "goOn" }, { name: "next" }, { name: "next" }],
    };
    const loop = {
      ...node("Loop", "count,,x", "last,all"),
      attribute: [{ name: "body", type: attributeType.graph, g: body }],
    };
    const x = float([2, 3], [1, 2, 3, 4, 5, 6]);
    const [last, all] = await run(
      { inputs: x23, weights: { count: tensor("int64", [], [2]) }, nodes: [loop], outputs: ["last", "all"] },
      { x },
    );
    expect([...last!.data]).toEqual([3, 6, 9, 12, 15, 18]);
    expect(all!.shape).toEqual([2, 2, 3]);
    const counted: ModelText = {
      inputs: { ...x23, count: { dtype: "int64", shape: [] } },
      nodes: [loop],
      outputs: ["last"],
    };
    expect(refusal(modelBytes(counted))).toMatchObject({ code: "UNKNOWN_STRUCTURE" });
  });

  it("names weights after their modules, and separates those that were merged because they were equal", () => {
    const text: ModelText = {
      inputs: x23,
      weights: { "onnx::MatMul_7": float([3, 2], [1, 2, 3, 4, 5, 6]), "a.bias": float([2], [0, 0]), count: int(1) },
      nodes: [
        node("Identity", "a.bias", "b.bias"),
        { ...node("MatMul", "x,onnx::MatMul_7", "m"), name: "/blocks.0/fc1/MatMul" },
        node("Add", "m,a.bias", "n"),
        node("Add", "n,b.bias", "y"),
      ],
      outputs: ["y"],
    };
    const graph = importOnnx(modelBytes(text), { trainable: /fc1|^b\./ });
    expect([...graph.parameters.keys()]).toEqual(["blocks.0.fc1.weight", "a.bias", "b.bias"]);
    expect([...graph.parameters.values()].map(({ trainable }) => trainable)).toEqual([true, false, true]);
    const byOldName = importOnnx(modelBytes(text), { trainable: (name) => name === "onnx::MatMul_7" });
    expect(byOldName.parameters.get("blocks.0.fc1.weight")!.trainable).toBe(true);
  });

  it("takes clones of a layer apart, and keeps tied weights together unless told otherwise", () => {
    const text: ModelText = {
      inputs: { x: { dtype: "float32", shape: [2, 2] } },
      weights: { "layers.0.weight": float([2, 2], [1, 2, 3, 4]) },
      nodes: [
        node("Identity", "layers.0.weight", "layers.1.weight"),
        node("Identity", "layers.0.weight", "head.weight"),
        node("MatMul", "x,layers.0.weight", "a"),
        node("MatMul", "a,layers.1.weight", "b"),
        node("MatMul", "b,head.weight", "y"),
      ],
      outputs: ["y"],
    };
    expect([...importOnnx(modelBytes(text)).parameters.keys()]).toEqual(["layers.0.weight", "layers.1.weight"]);
    const separate = (name: string) => name === "head.weight";
    expect([...importOnnx(modelBytes(text), { separate }).parameters.keys()]).toEqual([
      "layers.0.weight",
      "head.weight",
    ]);
  });

  it("ties a weight that is stored a second time, transposed under an invented name", async () => {
    const text: ModelText = {
      inputs: { ids: { dtype: "int64", shape: [2] } },
      weights: { "wte.weight": float([3, 2], [1, 2, 3, 4, 5, 6]), "onnx::MatMul_9": float([2, 3], [1, 3, 5, 2, 4, 6]) },
      nodes: [node("Gather", "wte.weight,ids", "e"), node("MatMul", "e,onnx::MatMul_9", "y")],
      outputs: ["y"],
    };
    expect([...importOnnx(modelBytes(text)).parameters.keys()]).toEqual(["wte.weight"]);
    const [y] = await run(text, { ids: int(2, 0) });
    expect([...y!.data]).toEqual([17, 39, 61, 5, 11, 17]);
  });

  it("folds pads that an exporter turns over by reshaping, slicing backwards and transposing", () => {
    const last = tensor("int64", [1], [-1]);
    const text: ModelText = {
      inputs: { x: { dtype: "float32", shape: [1, "size"] } },
      weights: {
        pads: int(0, 1, 2, 3),
        pairs: int(-1, 2),
        last,
        start: last,
        end: tensor("int64", [1], [-(2 ** 60)]),
        axis: int(0),
        step: last,
      },
      nodes: [
        node("Reshape", "pads,pairs", "a"),
        node("Slice", "a,start,end,axis,step", "b"),
        node("Transpose", "b", "c"),
        node("Reshape", "c,last", "d"),
        node("Pad", "x,d", "y"),
      ],
      outputs: ["y"],
    };
    expect(importOnnx(modelBytes(text), { dims: { size: 4 } }).outputs.get("y")!.shape).toEqual([6, 5]);
  });

  it("lays out the functions that a model defines, with the call's attributes or their defaults", {
    timeout: 30_000,
  }, async () => {
    const ref = (name: string, refAttrName: string) => ({ name, type: attributeType.int, refAttrName });
    const body = {
      domain: "own",
      opsetImport: [{ domain: "", version: 17 }],
      attributeProto: [{ name: "along", type: attributeType.int, i: 0 }],
    };
    const functions = [
      {
        ...body,
        name: "SoftTwice",
        input: ["a", "scale"],
        output: ["b"],
        node: [
          { ...node("Soft", "a", "s"), domain: "own", attribute: [ref("along", "along")] },
          { ...node("Soft", "s", "t"), domain: "own" },
          node("Clip", "t,,scale", "b"),
        ],
      },
      {
        ...body,
        name: "Soft",
        input: ["a"],
        output: ["b"],
        node: [{ ...node("Softmax", "a", "b"), attribute: [ref("axis", "along")] }],
      },
    ];
    const call = { ...node("SoftTwice", "x", "y", { along: 1 }), domain: "own" };
    const x = float([2, 3], [0, 0, 0, 0, 0, 0]);
    const [y] = await run({ inputs: x23, functions, nodes: [call], outputs: ["y"] }, { x });
    expect([...y!.data]).toEqual(Array(6).fill(0.5));
    const endless = {
      ...body,
      name: "Soft",
      input: ["a"],
      output: ["b"],
      node: [{ ...node("Soft", "a", "b"), domain: "own" }],
    };
    const again = modelBytes({
      inputs: x23,
      functions: [endless],
      nodes: [{ ...node("Soft", "x", "y"), domain: "own" }],
      outputs: ["y"],
    });
    expect(refusal(again)).toMatchObject({ code: "CYCLE" });
    // Twenty functions that each call the next one twice are a million calls.
    const doubling = Array.from({ length: 20 }, (_, i) => ({
      ...body,
      name: `F${i}`,
      input: ["a"],
      output: ["b"],
      node: [
        { ...node(i === 19 ? "Relu" : `F${i + 1}`, "a", "m"), domain: i === 19 ? "" : "own" },
        { ...node(i === 19 ? "Relu" : `F${i + 1}`, "m", "b"), domain: i === 19 ? "" : "own" },
      ],
    }));
    const nodes = [{ ...node("F0", "x", "y"), domain: "own" }];
    expect(refusal(modelBytes({ inputs: x23, functions: doubling, nodes, outputs: ["y"] }))).toMatchObject({
      code: "CYCLE",
    });
  });

  it("computes the statistics of a batch where a model was exported for training", async () => {
    const weights = { one: float([1], [1]), zero: float([1], [0]) };
    const nodes = [{ ...node("BatchNormalization", "x,one,zero,zero,one", "y,m,v", { training_mode: 1 }) }];
    const text: ModelText = {
      inputs: { x: { dtype: "float32", shape: [4, 1] } },
      weights,
      nodes,
      outputs: ["y", "m", "v"],
    };
    const [y, mean, variance] = await run(text, { x: float([4, 1], [1, 3, 5, 7]) });
    [-3, -1, 1, 3].forEach((value, i) => {
      expect(y!.data[i]).toBeCloseTo(value / Math.sqrt(5), 4);
    });
    expect(mean!.data[0]).toBeCloseTo(0.1 * 4, 5);
    expect(variance!.data[0]).toBeCloseTo(0.9 + 0.1 * 5, 5);
  });

  it("reads halves as float32, and weights of every encoding", async () => {
    const bits = {
      dims: [3],
      dataType: 10,
      name: "h",
      rawData: new Uint8Array(Uint16Array.of(0x3c00, 0xc000, 0x3800).buffer),
    };
    const brain = { dims: [3], dataType: 16, name: "b", int32Data: [0x3f80, 0x4000, 0xbf80] };
    const list = { dims: [3], dataType: 1, name: "f", floatData: [0.5, 1.5, -2] };
    const nodes = [
      node("Add", "x,h", "s"),
      node("Mul", "s,b", "t"),
      node("Cast", "t", "u", { to: 10 }),
      node("Add", "u,f", "y"),
    ];
    const [y] = await run(
      { inputs: x23, weights: [bits, brain, list], nodes, outputs: ["y"] },
      { x: float([2, 3], [1, 2, 3, 4, 5, 6]) },
    );
    expect(y!.dtype).toBe("float32");
    expect([...y!.data]).toEqual([2.5, 1.5, -5.5, 5.5, 7.5, -8.5]);
  });

  it("reads weights from files beside the model, and says when they are missing", () => {
    const entries = [
      { key: "location", value: "w.bin" },
      { key: "offset", value: "4" },
      { key: "length", value: "12" },
    ];
    const weights = [{ dims: [3], dataType: 1, name: "w", dataLocation: 1, externalData: entries }];
    const bytes = modelBytes({ inputs: x23, weights, nodes: [node("Add", "x,w", "y")], outputs: ["y"] });
    const file = new Uint8Array(Float32Array.of(9, 1, 2, 3).buffer);
    const external =
      (from: Uint8Array) =>
      (_: string, { offset, length = from.length }: { offset: number; length?: number | undefined }) =>
        from.subarray(offset, offset + length);
    const read = importOnnx(bytes, { external: external(file) });
    expect([...read.parameters.get("w")!.tensor!.data]).toEqual([1, 2, 3]);
    expect(refusal(bytes)).toMatchObject({ code: "EXTERNAL_DATA", expected: "the file w.bin" });
    expect(refusal(bytes, { external: external(file.subarray(0, 8)) })).toMatchObject({ code: "EXTERNAL_DATA" });
  });

  it("is not written when it is larger than one file may be", () => {
    const graph = importOnnx(modelBytes({ inputs: x23, nodes: [node("Add", "x,x", "y")], outputs: ["y"] }));
    // One block that stands for all of them, so that the test needs little memory.
    const block = tensor("float32", [2 ** 20], new Float32Array(2 ** 20));
    const parts = Array.from({ length: 512 }, (_, at) => op.reduceSum(graph.parameter(`w${at}`, block)));
    graph.output(
      "sum",
      parts.reduce((sum, part) => op.add(sum, part)),
    );
    expect(() => exportOnnx(graph)).toThrow(
      expect.objectContaining({ code: "MODEL_TOO_LARGE", expected: "at most 2147483647 bytes" }),
    );
  });

  it("refuses what is no model, cyclic, unknown or contradictory, each with its own code", () => {
    const add = modelBytes({ inputs: x23, nodes: [node("Add", "x,x", "y")], outputs: ["y"] });
    expect(refusal(add.subarray(0, add.length - 9))).toMatchObject({ code: "NOT_ONNX" });
    expect(refusal(new TextEncoder().encode("<html>not found</html>"))).toMatchObject({ code: "NOT_ONNX" });
    expect(refusal(new Uint8Array())).toMatchObject({ code: "NOT_ONNX" });
    const refused = (text: Partial<ModelText>) =>
      refusal(modelBytes({ inputs: x23, nodes: [], outputs: ["y"], ...text }));
    expect(refused({ nodes: [node("Add", "x,b", "a"), node("Add", "x,a", "b")], outputs: ["b"] })).toMatchObject({
      code: "CYCLE",
    });
    expect(refused({ nodes: [node("Frobnicate", "x", "y")] })).toMatchObject({ code: "UNKNOWN_OP" });
    expect(refused({ nodes: [node("Add", "x,w", "y")] })).toMatchObject({ code: "UNKNOWN_VALUE" });
    expect(refused({ nodes: [node("Softmax", "x", "y", { axis: "last" })] })).toMatchObject({ code: "BAD_ATTRIBUTE" });
    expect(refused({ opset: 9 })).toMatchObject({ code: "UNSUPPORTED_OPSET" });
    const clash = refused({ weights: { w: float([4], [1, 2, 3, 4]) }, nodes: [node("Add", "x,w", "y")] });
    expect(clash).toBeInstanceOf(ShapeError);
    expect(clash.message).toContain("float32[2,3]");
    const short = [{ dims: [3], dataType: 1, name: "w", floatData: [1, 2] }];
    expect(refused({ weights: short, nodes: [node("Add", "x,w", "y")] })).toMatchObject({ code: "BAD_TENSOR" });
    expect(refused({ weights: [{ ...short[0]!, dataType: 8 }] })).toMatchObject({ code: "UNKNOWN_DTYPE" });
  });

  it("gives back the same model when it is exported and read again", async () => {
    const weights = { w: float([3, 2], [1, -2, 3, -4, 5, -6]), b: float([2], [0.5, -0.5]) };
    const text: ModelText = {
      inputs: x23,
      weights,
      nodes: [node("MatMul", "x,w", "m"), node("Add", "m,b", "y")],
      outputs: ["y"],
    };
    const graph = importOnnx(modelBytes(text));
    const trained = new Map([["b", float([2], [10, 20])]]);
    const again = importOnnx(exportOnnx(graph, { weights: trained, metadata: { stage: "sft" } }));
    expect([...again.parameters.keys()]).toEqual(["w", "b"]);
    const program = await compile(again);
    const { y } = await program.run({ x: float([2, 3], [1, 0, 0, 0, 1, 0]) });
    await program.dispose();
    expect([...y!.data]).toEqual([11, 18, 13, 16]);
  });

  it("lets an imported model be differentiated", () => {
    const weights = { w: float([3, 2], [1, -2, 3, -4, 5, -6]) };
    const graph = importOnnx(modelBytes({ inputs: x23, weights, nodes: [node("MatMul", "x,w", "y")], outputs: ["y"] }));
    const [gradient] = grad(op.reduceSum(graph.outputs.get("y")!), [graph.parameters.get("w")!]);
    expect(gradient!.shape).toEqual([3, 2]);
    expect(() => grad(op.reduceSum(graph.outputs.get("y")!), [])).not.toThrow(ModelError);
  });
});

describe("importFile", () => {
  it("reads weights from files beside the model, and from nowhere else", () => {
    const folder = mkdtempSync(join(tmpdir(), "retort-import-"));
    try {
      const model = (location: string, range: { key: string; value: string }[] = []) => {
        const externalData = [{ key: "location", value: location }, ...range];
        const weights = [{ dims: [3], dataType: 1, name: "w", dataLocation: 1, externalData }];
        const path = join(folder, "model.onnx");
        writeFileSync(path, modelBytes({ inputs: x23, weights, nodes: [node("Add", "x,w", "y")], outputs: ["y"] }));
        return path;
      };
      writeFileSync(join(folder, "w.bin"), new Uint8Array(Float32Array.of(4, 5, 6).buffer));
      expect([...importFile(model("w.bin")).parameters.get("w")!.tensor!.data]).toEqual([4, 5, 6]);
      // Larger than can be read at once; the hole takes no room on the disk.
      truncateSync(join(folder, "w.bin"), 2 ** 31 + 12);
      const end = [
        { key: "offset", value: String(2 ** 31) },
        { key: "length", value: "12" },
      ];
      expect([...importFile(model("w.bin", end)).parameters.get("w")!.tensor!.data]).toEqual([0, 0, 0]);
      expect(() => importFile(model("../w.bin"))).toThrow(/outside the model's folder/);
      expect(() => importFile(model("absent.bin"))).toThrow(ModelError);
      const large = model("w.bin");
      truncateSync(large, 2 ** 31);
      expect(() => importFile(large)).toThrow(
        expect.objectContaining({
          ...{ code: "MODEL_TOO_LARGE", expected: "at most 2147483647 bytes", got: "2147483648 bytes", where: large },
          fix: expect.stringContaining("external data"),
        }),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
