// [node]
import { type Graph, numbers, type Tensor, type Value } from "@retort/engine";
import { compile, type Provider } from "@retort/engine/node";
import type { Batch } from "../data/prefetch.ts";

export interface StatisticsTask {
  graph: Graph;
  /** What each batch normalisation measures in a batch, by the layer's full name. */
  measured: ReadonlyMap<string, { mean: Value; meanSquare: Value }>;
  /** The trained weights. */
  weights: ReadonlyMap<string, Tensor>;
  /** Each with a leading axis of steps, as the training loop takes them. */
  batches: AsyncIterable<Batch>;
  provider: Provider;
  threads: number;
}

/**
 * "<layer>.mean" and "<layer>.variance" over all batches together, for the inference form of batch normalisation: each batch
 * is normalised by its own statistics, as in training. Source: Wu and Johnson 2021 (PreciseBN).
 */
export async function measureStatistics(task: StatisticsTask): Promise<Map<string, Tensor>> {
  const { measured, weights, batches, provider, threads } = task;
  if (measured.size === 0) return new Map();
  const { graph, values } = task.graph.clone();
  for (const [layer, { mean, meanSquare }] of measured) {
    graph.output(`${layer}.mean`, values.get(mean)!);
    graph.output(`${layer}.meanSquare`, values.get(meanSquare)!);
  }
  graph.prune();
  const program = await compile(graph, { weights, provider, threads });
  const sums = new Map<string, Float64Array>();
  let count = 0;
  try {
    for await (const batch of batches) {
      const numSteps = Object.values(batch)[0]!.shape[0]!;
      for (let step = 0; step < numSteps; step++) {
        const feeds = Object.entries(batch).map(([name, tensor]) => [name, stepOf(tensor, step)]);
        for (const [name, tensor] of Object.entries(await program.run(Object.fromEntries(feeds)))) {
          const sum = sums.get(name) ?? new Float64Array(tensor.data.length);
          numbers(tensor).forEach((value, at) => {
            sum[at]! += Number(value);
          });
          sums.set(name, sum);
        }
        count++;
      }
    }
  } finally {
    await program.dispose();
  }
  return new Map([...measured.keys()].flatMap((layer) => parametersOf(layer, sums, count)));
}

function parametersOf(layer: string, sums: ReadonlyMap<string, Float64Array>, count: number): [string, Tensor][] {
  const mean = sums.get(`${layer}.mean`)!.map((sum) => sum / count);
  const meanSquare = sums.get(`${layer}.meanSquare`)!.map((sum) => sum / count);
  const variance = mean.map((value, at) => Math.max(0, meanSquare[at]! - value * value));
  const tensor = (values: Float64Array): Tensor => ({
    dtype: "float32",
    shape: [values.length],
    data: Float32Array.from(values),
  });
  return [
    [`${layer}.mean`, tensor(mean)],
    [`${layer}.variance`, tensor(variance)],
  ];
}

/** One step's part of a tensor with a leading axis of steps. */
function stepOf({ dtype, shape, data }: Tensor, step: number): Tensor {
  const size = data.length / shape[0]!;
  return { dtype, shape: shape.slice(1), data: data.slice(step * size, (step + 1) * size) } as Tensor;
}
