// [node]
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { loadDataset } from "../../data/loaders.ts";
import { WordTokenizer } from "../../data/tokenizers/word.ts";
import { llavaConfig } from "../../models/llava/config.ts";
import { answerGraph } from "../../models/llava/generate-graphs.ts";
import { writeModel } from "../../models/llava/model-file.ts";
import { pictureOptions } from "../../models/llava/picture.ts";
import { sftGraph } from "../../models/llava/sft-graph.ts";
import { llavaSizes } from "../../models/llava/sizes.ts";
import { adamwWithCosine } from "../../train/adamw.ts";
import { reportLeftOut } from "../../train/left-out.ts";
import { microBatchSize } from "../../train/micro-batch.ts";
import { train } from "../../train/trainer.ts";
import { picturesOf, type VqaBatchOptions } from "../../train/vqa-batches.ts";
import { reportSkipped } from "../report-skipped.ts";
import type { StageContext } from "../stage.ts";
import type { VlmSftParams } from "./definition.ts";

/** Steps that ONNX Runtime makes in one run: weights cross to JavaScript once in as many steps. */
const STEPS_PER_RUN = 10;

export async function runVlmSft(context: StageContext<VlmSftParams>): Promise<void> {
  const { params, seed } = context;
  const { training } = params;
  const data = await loadDataset(params.data, context.signal);
  reportSkipped(data, context);
  const tokenizer = WordTokenizer.fromTexts(data.train.records.flatMap(({ question, answer }) => [question, answer]));
  const config = llavaConfig.parse({ ...llavaSizes[params.size], vocabularySize: tokenizer.vocabularySize });
  const { graph, loss, tokenAccuracy } = sftGraph({
    config,
    seed,
    batchSize: microBatchSize(training.batchSize, context),
    numTextTokens: training.numTextTokens,
  });
  context.log(
    "info",
    `${count(graph.parameters.values())} parameters, ${data.train.imageIds.length} pictures, ${data.train.records.length} questions, ${tokenizer.vocabularySize} tokens`,
  );
  reportLeftOut(picturesOf(data.train, tokenizer, training.numTextTokens), { ...training, seed }, context.log);

  const batches: VqaBatchOptions = {
    data: params.data,
    tokenizer: tokenizer.toJSON(),
    imageSizePx: config.imageSizePx,
    picture: pictureOptions(config),
    numTextTokens: training.numTextTokens,
    batchSize: training.batchSize,
    stepsPerRun: STEPS_PER_RUN,
    questionOrder: training.questionOrder,
    augment: training.augment,
    seed,
  };
  const weights = await train(
    {
      graph,
      loss,
      metrics: { tokenAccuracy },
      batches: { module: new URL("../../train/vqa-batches.ts", import.meta.url), options: batches },
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

  const path = join(context.workDir, "model.onnx");
  await writeFile(path, writeModel({ config, tokenizer, weights }, answerGraph(config, training.numTextTokens)));
  await context.artifact("model", path, { fileName: "model.onnx", numParameters: count(graph.parameters.values()) });
}

function count(parameters: Iterable<{ shape: readonly number[] }>): number {
  let total = 0;
  for (const { shape } of parameters) total += shape.reduce((product, size) => product * size, 1);
  return total;
}
