import { ops } from "../ops/index.ts";
import { Graph } from "./graph.ts";

/** An empty graph over the engine's operators. */
export function graph(name: string): Graph {
  return new Graph(name, ops);
}
