import { type Tensor, type TensorType, tensor } from "@retort/engine";

/** Who runs a training says into how many micro-batches each step is cut; 1 unless an earlier attempt ran out of memory. */
export interface MicroBatching {
  accumulate?: number;
}

/** Examples of one micro-batch: what a training's graph is built for. */
export function microBatchSize(batchSize: number, { accumulate = 1 }: MicroBatching): number {
  return batchSize / accumulate;
}

/** Twice as many micro-batches as before for steps of so many examples; null when they cannot be halved any further. */
export function finerAccumulate(batchSize: number, accumulate: number): number | null {
  const finer = accumulate * 2;
  return finer <= batchSize && batchSize % finer === 0 ? finer : null;
}

/**
 * The same examples in the same order as micro-batches: [K, B, ...] becomes [K * accumulate, B / accumulate, ...], which shares the
 * data. What has no axis of examples, and is the same for a whole step, is repeated.
 */
export function cutBatches(
  batches: Readonly<Record<string, Tensor>>,
  inputs: Readonly<Record<string, TensorType>>,
  accumulate: number,
): Record<string, Tensor> {
  if (accumulate === 1) return batches;
  return Object.fromEntries(
    Object.entries(batches).map(([name, batch]) => [name, cut(batch, inputs[name]?.shape ?? [], accumulate)]),
  );
}

function cut(batch: Tensor, micro: readonly number[], accumulate: number): Tensor {
  const { dtype, shape, data } = batch;
  const [numSteps = 1, batchSize = 1, ...rest] = shape;
  const isCut = shape.length === micro.length + 1 && micro.length > 0 && micro[0]! * accumulate === batchSize;
  if (isCut) return tensor(dtype, [numSteps * accumulate, batchSize / accumulate, ...rest], data);
  const size = data.length / numSteps;
  const repeated = data.slice(0, 0).constructor as new (length: number) => typeof data;
  const copies = new repeated(data.length * accumulate);
  for (let i = 0; i < numSteps * accumulate; i++) {
    const step = Math.floor(i / accumulate);
    copies.set(data.subarray(step * size, (step + 1) * size) as never, i * size);
  }
  return tensor(dtype, [numSteps * accumulate, ...shape.slice(1)], copies);
}
