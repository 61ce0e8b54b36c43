import { readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import type { Graph } from "../graph/graph.ts";
import { type ImportOptions, importOnnx } from "../onnx/import.ts";

/**
 * Reads a model file, with the weights that it stores in files beside it. [node]
 * @throws what importOnnx does; ModelError EXTERNAL_DATA for a file outside the model's folder
 */
export function importFile(path: string, options: Omit<ImportOptions, "external"> = {}): Graph {
  const folder = dirname(resolve(path));
  const external = (location: string): Uint8Array => {
    const file = resolve(folder, location);
    // A model may come from anywhere: it does not get to read files elsewhere.
    if (relative(folder, file).startsWith("..")) throw new Error(`${location} is outside the model's folder`);
    return readFileSync(file);
  };
  return importOnnx(readFileSync(path), { ...options, external });
}
