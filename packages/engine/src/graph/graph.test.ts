import { describe, expect, it } from "vitest";
import { ModelError, ShapeError } from "../errors.ts";
import { op } from "../ops/functions.ts";
import { graph as emptyGraph } from "./builder.ts";
import { filled, numbers, tensor } from "./tensor.ts";

const matrix = (shape: number[]) => ({ dtype: "float32" as const, shape });

describe("Graph", () => {
  it("infers types as nodes are added", () => {
    const graph = emptyGraph("types");
    const y = op.matMul(graph.input("a", matrix([2, 3])), graph.input("b", matrix([3, 5])));
    expect([y.dtype, y.shape, y.kind]).toEqual(["float32", [2, 5], "node"]);
  });

  it("names operator, node and shapes when shapes clash", () => {
    const graph = emptyGraph("clash");
    const [a, b] = [graph.input("a", matrix([2, 3])), graph.input("b", matrix([4, 5]))];
    const fail = () => graph.within("blocks.0", () => op.matMul(a, b));
    expect(fail).toThrow(ShapeError);
    expect(fail).toThrow(/MatMul.*inner sizes.*3 and 4.*a float32\[2,3\], b float32\[4,5\].*blocks\.0\/MatMul/s);
  });

  it.each([
    ["an unknown operator", "Quux", [], "UNKNOWN_OP"],
    ["a name that every object has", "constructor", [], "UNKNOWN_OP"],
    ["an unknown attribute", "Relu", [{ slope: 1 }], "UNKNOWN_ATTRIBUTE"],
  ])("refuses %s", (_, name, [attributes], code) => {
    const graph = emptyGraph("refusals");
    const x = graph.input("x", matrix([1]));
    expect(() => graph.add(name, [x], attributes)).toThrow(expect.objectContaining({ code }));
  });

  it("refuses missing and surplus inputs, taken names and values of other graphs", () => {
    const graph = emptyGraph("refusals");
    const x = graph.input("x", matrix([1]));
    expect(() => graph.add("Add", [x])).toThrow(expect.objectContaining({ code: "ARITY" }));
    expect(() => graph.add("Relu", [x, x])).toThrow(expect.objectContaining({ code: "ARITY" }));
    expect(() => graph.parameter("x", filled("float32", [1], 0))).toThrow(ModelError);
    expect(() => op.add(emptyGraph("other").input("y", matrix([1])), x)).toThrow(
      expect.objectContaining({ code: "FOREIGN_VALUE" }),
    );
  });

  it("keeps equal small constants once, 0 and -0 apart", () => {
    const graph = emptyGraph("constants");
    expect(graph.constant([1, 2], "int64")).toBe(graph.constant([1, 2], "int64"));
    expect(graph.constant(0)).not.toBe(graph.constant(-0));
    expect(graph.constant(1)).not.toBe(graph.constant(1, "float64"));
  });

  it("reads 16-bit constants as numbers, not as bits", () => {
    const graph = emptyGraph("half");
    const x = graph.input("x", { dtype: "float16", shape: [2] });
    expect(op.mul(x, graph.constant(1, "float16"))).toBe(x);
    expect(op.mul(x, graph.constant(2 ** -24, "float16"))).not.toBe(x); // its bits are 1
  });

  it("says when a shape is not known", () => {
    const graph = emptyGraph("dynamic");
    const shape = graph.input("shape", { dtype: "int64", shape: [2] });
    const x = graph.input("x", matrix([4]));
    expect(() => graph.add("Reshape", [x, shape])).toThrow(expect.objectContaining({ code: "DYNAMIC_SHAPE" }));
  });

  it("computes arithmetic on small constants at once", () => {
    const graph = emptyGraph("folding");
    const y = op.mul(op.add(graph.constant([1, 2]), 1), 3);
    expect(y.kind).toBe("constant");
    expect(numbers(y.tensor as never)).toEqual([6, 9]);
    expect(graph.nodes).toHaveLength(0);
  });

  it("drops what no output needs", () => {
    const graph = emptyGraph("prune");
    const x = graph.input("x", matrix([2]));
    const kept = op.add(op.relu(x), graph.constant([3, 4]));
    op.mul(x, graph.constant([5, 6]));
    graph.output("y", kept);
    graph.prune();
    expect(graph.nodes.map((node) => node.op)).toEqual(["Relu", "Add"]);
    expect(graph.constants).toHaveLength(1);
  });

  it("copies itself whole: names, scopes, branches", () => {
    const graph = emptyGraph("original");
    const x = graph.input("x", matrix([2]));
    const w = graph.parameter("w", tensor("float32", [2], [1, 2]), { trainable: false });
    const branch = graph.subgraph("branch");
    branch.output("y", op.mul(branch.constant(2), w));
    const other = graph.subgraph("other");
    other.output("y", op.neg(other.add("Identity", [x])[0] as never));
    const cond = graph.input("cond", { dtype: "bool", shape: [] });
    const [chosen] = graph.within("deep", () => graph.add("If", [cond], { then_branch: branch, else_branch: other }));
    graph.output("y", op.add(chosen as never, x));
    const { graph: copy, values } = graph.clone();
    const outline = (g: typeof graph) =>
      g.nodes.map((node) => [node.op, node.name, node.scope, node.outputs.map((v) => v.name)]);
    expect(outline(copy)).toEqual(outline(graph));
    expect(values.get(w)?.trainable).toBe(false);
    expect(copy.outputs.get("y")?.graph).toBe(copy);
    op.relu(copy.outputs.get("y") as never);
    expect(graph.nodes).toHaveLength(2);
  });
});
