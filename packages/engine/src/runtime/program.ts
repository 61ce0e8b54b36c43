/** An inference program: a graph that was handed to ONNX Runtime once and runs many times. [node] */
import { ModelError } from "../errors.ts";
import type { Graph } from "../graph/graph.ts";
import type { Tensor, TensorType } from "../graph/tensor.ts";
import { type ExportOptions, exportOnnx, neededInputs } from "../onnx/export.ts";
import { feedsFor, fromOrt } from "./ort-tensor.ts";
import { openSession, type SessionSettings } from "./providers.ts";

export interface CompileOptions extends SessionSettings, Pick<ExportOptions, "weights"> {}

export interface Program {
  /** The inputs that the outputs depend on, by name, in the graph's order. */
  readonly inputs: Readonly<Record<string, TensorType>>;
  readonly outputs: Readonly<Record<string, TensorType>>;
  /**
   * Computes the outputs; blocks the event loop while ONNX Runtime works. `only` names the outputs to return. Inputs of the
   * graph that no output depends on may be fed and are ignored.
   * @throws ShapeError when an input is missing or of another type
   */
  run(feeds: Readonly<Record<string, Tensor>>, options?: { only?: readonly string[] }): Promise<Record<string, Tensor>>;
  /** Frees the session; the program cannot run afterwards. */
  dispose(): Promise<void>;
}

/** Hands the graph to ONNX Runtime; whoever compiles disposes. */
export async function compile(graph: Graph, { weights, ...settings }: CompileOptions = {}): Promise<Program> {
  const session = await openSession(exportOnnx(graph, { weights }), settings);
  const type = ({ dtype, shape }: TensorType): TensorType => ({ dtype, shape });
  const inputs = Object.fromEntries(neededInputs(graph).map((value) => [value.name, type(value)]));
  const outputs = Object.fromEntries([...graph.outputs].map(([name, value]) => [name, type(value)]));
  const ignored = new Set(graph.inputs.map(({ name }) => name).filter((name) => !(name in inputs)));
  let open = true;
  return {
    inputs,
    outputs,
    async run(feeds, { only = Object.keys(outputs) } = {}) {
      if (!open)
        throw new ModelError({ code: "DISPOSED", message: "the program was disposed", where: `graph "${graph.name}"` });
      const needed = Object.entries(feeds).filter(([name]) => !ignored.has(name));
      const results = await session.run(feedsFor(inputs, Object.fromEntries(needed)), only);
      return Object.fromEntries(only.map((name) => [name, fromOrt(results[name]!)]));
    },
    async dispose() {
      if (!open) return;
      open = false;
      await session.release();
    },
  };
}
