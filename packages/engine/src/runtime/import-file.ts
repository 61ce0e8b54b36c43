import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import type { Graph } from "../graph/graph.ts";
import { type ImportOptions, importOnnx } from "../onnx/import.ts";
import { largestModelBytes, tooLarge } from "../onnx/proto.ts";
import type { ExternalFile } from "../onnx/tensor-proto.ts";

/**
 * Reads a model file, with the weights that it stores in files beside it. [node]
 * @throws what importOnnx does; ModelError EXTERNAL_DATA for a file outside the model's folder, MODEL_TOO_LARGE for a model that
 * holds more than one protobuf message can
 */
export function importFile(path: string, options: Omit<ImportOptions, "external"> = {}): Graph {
  const folder = dirname(resolve(path));
  const external: ExternalFile = (location, range) => {
    const file = resolve(folder, location);
    // A model may come from anywhere: it does not get to read files elsewhere.
    if (relative(folder, file).startsWith("..")) throw new Error(`${location} is outside the model's folder`);
    return readRange(file, range);
  };
  const { size } = statSync(path);
  if (size > largestModelBytes)
    throw tooLarge(size, path, "Export it with its weights as external data, in a file beside it.");
  return importOnnx(readFileSync(path), { ...options, external });
}

/** Part of a file, which as a whole may be larger than memory; shorter where the file ends before. */
function readRange(path: string, { offset, length }: { offset: number; length: number | undefined }): Uint8Array {
  const file = openSync(path, "r");
  try {
    const left = Math.max(0, fstatSync(file).size - offset);
    const bytes = new Uint8Array(Math.min(length ?? left, left));
    let done = 0;
    while (done < bytes.length) {
      const count = readSync(file, bytes, done, bytes.length - done, offset + done);
      if (count === 0) break;
      done += count;
    }
    return bytes.subarray(0, done);
  } finally {
    closeSync(file);
  }
}
