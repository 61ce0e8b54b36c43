// [node]
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Graph, Tensor } from "@retort/engine";
import { compile } from "@retort/engine/node";
import type { VqaSplit } from "../../data/dataset.ts";
import { decodeImages } from "../../data/images.ts";
import { loadDataset } from "../../data/loaders.ts";
import { writeEncoder } from "../../models/llava/encoder-file.ts";
import { classifierGraph } from "../../models/llava/encoder-graph.ts";
import { adamwWithCosine } from "../../train/adamw.ts";
import { classesOf, type LabelBatchOptions } from "../../train/label-batches.ts";
import { microBatchSize } from "../../train/micro-batch.ts";
import { train } from "../../train/trainer.ts";
import { reportSkipped } from "../report-skipped.ts";
import type { StageContext } from "../stage.ts";
import type { VisionPretrainParams } from "./definition.ts";

const STEPS_PER_RUN = 10;
const TEST_BATCH = 100;

export async function runVisionPretrain(context: StageContext<VisionPretrainParams>): Promise<void> {
  const { params, seed } = context;
  const { encoder: config, training } = params;
  const data = await loadDataset(params.data, context.signal);
  reportSkipped(data, context);
  const classes = classesOf(data.train);
  const sizes = { config, numClasses: classes.length, labelSmoothing: training.labelSmoothing, seed };
  const { graph, loss, accuracy } = classifierGraph({
    ...sizes,
    batchSize: microBatchSize(training.batchSize, context),
  });
  context.log("info", `${data.train.imageIds.length} pictures of ${classes.length} classes`);
  const batches: LabelBatchOptions = {
    data: params.data,
    imageSizePx: config.imageSizePx,
    batchSize: training.batchSize,
    stepsPerRun: STEPS_PER_RUN,
    augment: training.augment,
    seed,
  };
  const weights = await train(
    {
      graph,
      loss,
      metrics: { accuracy },
      batches: { module: new URL("../../train/label-batches.ts", import.meta.url), options: batches },
      optimizer: adamwWithCosine(training),
      maxGradNorm: training.maxGradNorm,
      numSteps: training.numSteps,
      stepsPerRun: STEPS_PER_RUN,
      checkpointEverySteps: training.checkpointEverySteps,
      provider: params.device,
      threads: params.threads,
    },
    context,
  );
  const testAccuracy = await accuracyOn(data.test, { ...sizes, classes, weights, context });
  context.metric("testAccuracy", training.numSteps, testAccuracy);
  context.log("info", `${(100 * testAccuracy).toFixed(1)} % of the test pictures are named rightly`);
  const path = join(context.workDir, "encoder.onnx");
  await writeFile(path, writeEncoder({ config, weights }));
  await context.artifact("encoder", path, { fileName: "encoder.onnx", testAccuracy });
}

interface Trained {
  config: VisionPretrainParams["encoder"];
  classes: readonly string[];
  weights: ReadonlyMap<string, Tensor>;
  context: StageContext<VisionPretrainParams>;
}

/** Share of pictures whose class the classifier names; reported, and used for no choice. */
async function accuracyOn(split: VqaSplit, { config, classes, weights, context }: Trained): Promise<number> {
  const sizePx = config.imageSizePx;
  const numClasses = classes.length;
  const built = classifierGraph({ config, numClasses, batchSize: TEST_BATCH, labelSmoothing: 0, seed: 0 });
  const graph: Graph = built.graph;
  graph.output("accuracy", built.accuracy);
  const { provider, threads } = { provider: context.params.device, threads: context.params.threads };
  const program = await compile(graph, { provider, threads, weights });
  try {
    const pixels = await decodeImages(
      split.imageIds.map((id) => split.image(id)),
      { sizePx, signal: context.signal },
    );
    const stride = sizePx * sizePx * 3;
    let right = 0;
    for (let first = 0; first < split.imageIds.length; first += TEST_BATCH) {
      context.signal.throwIfAborted();
      const ids = split.imageIds.slice(first, first + TEST_BATCH);
      const fed = new Uint8Array(TEST_BATCH * stride);
      fed.set(pixels.subarray(first * stride, (first + ids.length) * stride));
      // A label that no class has keeps the rows that only fill the batch from counting.
      const labels = new BigInt64Array(TEST_BATCH).fill(BigInt(numClasses));
      ids.forEach((id, row) => {
        const label = classes.indexOf(split.label!(id));
        if (label >= 0) labels[row] = BigInt(label);
      });
      const { accuracy } = await program.run({
        pixels: { dtype: "uint8", shape: [TEST_BATCH, sizePx, sizePx, 3], data: fed },
        labels: { dtype: "int64", shape: [TEST_BATCH], data: labels },
      });
      right += Number(accuracy!.data[0]) * TEST_BATCH;
    }
    return right / split.imageIds.length;
  } finally {
    await program.dispose();
  }
}
