import { type Tensor, tensor } from "@retort/engine";
import type { NamedWeight } from "./hub-names.ts";
import { transposed } from "./llama2c.ts";

/** Reads each of our parameters from the stored tensors that it is made from. */
export async function readNamed(
  names: readonly NamedWeight[],
  read: (name: string) => Promise<Tensor>,
): Promise<Map<string, Tensor>> {
  const weights = new Map<string, Tensor>();
  for (const { ours, theirs, how } of names) {
    const stored: Tensor[] = [];
    for (const name of theirs) stored.push(await read(name));
    weights.set(ours, reshaped(stored, how));
  }
  return weights;
}

function reshaped(stored: readonly Tensor[], how: NamedWeight["how"]): Tensor {
  const first = stored[0]!;
  const floats = (t: Tensor) => t.data as Float32Array<ArrayBuffer>;
  switch (how) {
    case "as-is":
      return first;
    case "squeeze":
      return tensor(
        "float32",
        first.shape.filter((size) => size !== 1),
        floats(first),
      );
    case "transpose": {
      const [rows, columns] = first.shape as [number, number];
      return tensor("float32", [columns, rows], transposed(floats(first), rows, columns));
    }
    case "transpose-side-by-side": {
      const columns = first.shape[1]!;
      const rows = stored.reduce((sum, { shape }) => sum + shape[0]!, 0);
      return tensor("float32", [columns, rows], transposed(joined(stored.map(floats)), rows, columns));
    }
    case "behind": {
      const all = joined(stored.map(floats));
      return tensor("float32", [all.length], all);
    }
    case "patch": {
      const [out, channels, height, width] = first.shape as [number, number, number, number];
      const data = new Float32Array(first.data.length);
      // Of each filter [c, y, x] -> [y, x, c], then filters become columns.
      for (let filter = 0; filter < out; filter++)
        for (let c = 0; c < channels; c++)
          for (let at = 0; at < height * width; at++)
            data[(at * channels + c) * out + filter] = floats(first)[(filter * channels + c) * height * width + at]!;
      return tensor("float32", [height * width * channels, out], data);
    }
  }
}

function joined(parts: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
