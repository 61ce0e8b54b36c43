/** Inference over sets of any length: programs for a few batch sizes, compiled when first needed and kept. [node] */
import { ShapeError } from "../errors.ts";
import type { Graph } from "../graph/graph.ts";
import { type Tensor, type TensorData, tensor, typeText } from "../graph/tensor.ts";
import { type CompileOptions, compile, type Program } from "./program.ts";

export interface BatchedOptions extends CompileOptions {
  /** Largest batch. */
  batchSize: number;
  /** Inputs that have no batch axis and are the same for all rows. */
  shared?: readonly string[];
}

export interface BatchedProgram {
  /**
   * Computes the outputs for n rows, n >= 1; every input but the shared ones has n as its first size, as every output.
   * @throws ShapeError when the inputs disagree on n
   */
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>;
  dispose(): Promise<void>;
}

/**
 * A program for any number of rows out of a graph for a given number. Full batches come first; a rest runs in the next
 * power of two, its last row repeated.
 */
export function batched(build: (batchSize: number) => Graph, options: BatchedOptions): BatchedProgram {
  const { batchSize, shared = [], ...settings } = options;
  const programs = new Map<number, Promise<Program>>();
  const programFor = (size: number): Promise<Program> => {
    const made = programs.get(size) ?? compile(build(size), settings);
    programs.set(size, made);
    return made;
  };
  return {
    async run(feeds) {
      const numRows = rowsOf(feeds, shared);
      const parts: Record<string, Tensor>[] = [];
      for (let from = 0; from < numRows; from += batchSize) {
        const count = Math.min(batchSize, numRows - from);
        const size = Math.min(batchSize, 2 ** Math.ceil(Math.log2(count)));
        const entries = Object.entries(feeds).map(([name, value]) => [
          name,
          shared.includes(name) ? value : rows(value, { from, count, size }),
        ]);
        const results = await (await programFor(size)).run(Object.fromEntries(entries));
        parts.push(
          Object.fromEntries(
            Object.entries(results).map(([name, value]) => [name, rows(value, { from: 0, count, size: count })]),
          ),
        );
      }
      return Object.fromEntries(Object.keys(parts[0]!).map((name) => [name, joined(parts.map((part) => part[name]!))]));
    },
    async dispose() {
      const opened = await Promise.all(programs.values());
      programs.clear();
      for (const program of opened) await program.dispose();
    },
  };
}

function rowsOf(feeds: Readonly<Record<string, Tensor>>, shared: readonly string[]): number {
  const batches = Object.entries(feeds).filter(([name]) => !shared.includes(name));
  const numRows = batches[0]?.[1].shape[0] ?? 0;
  if (numRows > 0 && batches.every(([, { shape }]) => shape[0] === numRows)) return numRows;
  throw new ShapeError({
    code: "BAD_FEED",
    message: "the inputs do not agree on the number of rows",
    expected: "one first size of at least 1 for all inputs that are not shared",
    got: batches.map(([name, value]) => `${name} ${typeText(value)}`).join(", ") || "no inputs",
  });
}

/** `count` rows from `from` on, filled up to `size` rows with the last one. */
function rows(
  { dtype, shape, data }: Tensor,
  { from, count, size }: { from: number; count: number; size: number },
): Tensor {
  const width = data.length / shape[0]!;
  const taken = data.subarray(from * width, (from + count) * width);
  const made = size === count ? taken : filledUp(taken, { width, size });
  return tensor(dtype, [size, ...shape.slice(1)], made);
}

function filledUp(taken: TensorData, { width, size }: { width: number; size: number }): TensorData {
  const all = new (taken.constructor as Float32ArrayConstructor)(size * width);
  all.set(taken as Float32Array);
  const last = taken.subarray(taken.length - width) as Float32Array;
  for (let at = taken.length; at < all.length; at += width) all.set(last, at);
  return all;
}

function joined(parts: readonly Tensor[]): Tensor {
  const [{ dtype, shape, data }] = parts as [Tensor];
  const numRows = parts.reduce((sum, part) => sum + part.shape[0]!, 0);
  const all = new (data.constructor as Float32ArrayConstructor)(parts.reduce((sum, part) => sum + part.data.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part.data as Float32Array, at);
    at += part.data.length;
  }
  return tensor(dtype, [numRows, ...shape.slice(1)], all);
}
