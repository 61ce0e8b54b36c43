import { describe, expect, it } from "vitest";
import { graph as emptyGraph } from "../graph/builder.ts";
import { tensor } from "../graph/tensor.ts";
import { compile } from "../runtime/program.ts";
import { op } from "./functions.ts";

describe("scattering with addition", () => {
  it.each(["ScatterND", "ScatterElements"])(
    "%s loses no update on two threads, however often an index repeats",
    async (kind) => {
      const [count, dim] = [6000, 64];
      const graph = emptyGraph("race");
      const each = kind === "ScatterND" ? 1 : dim;
      const indices = graph.input("indices", { dtype: "int64", shape: [count, each] });
      const updates = graph.input("updates", { dtype: "float32", shape: [count, dim] });
      const zeros = graph.zeros({ dtype: "float32", shape: [2, dim] });
      const scatter = kind === "ScatterND" ? op.scatterND : op.scatterElements;
      graph.output("sum", scatter(zeros, indices, updates, { reduction: "add" }));
      const program = await compile(graph, { threads: 2 });
      const feeds = {
        indices: tensor("int64", [count, each], new BigInt64Array(count * each)),
        updates: tensor("float32", [count, dim], new Float32Array(count * dim).fill(1)),
      };
      for (let run = 0; run < 30; run++) {
        const { sum } = await program.run(feeds);
        expect(new Set(sum?.data.slice(0, dim) as Float32Array)).toEqual(new Set([count]));
      }
      await program.dispose();
    },
  );
});
