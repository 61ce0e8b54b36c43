// [node]
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { optim, type Tensor } from "@retort/engine";
import { loadCaptions } from "../../data/captions/loaders.ts";
import { type Batch, createPrefetcher } from "../../data/prefetch.ts";
import { WordTokenizer } from "../../data/tokenizers/word.ts";
import type { ImageTowerConfig } from "../../models/clip/config.ts";
import { pretrainGraph } from "../../models/clip/pretrain-graph.ts";
import { imageTowers } from "../../models/clip/sizes.ts";
import { randomText, writeText } from "../../models/clip/text-file.ts";
import { textTowers } from "../../models/clip/text-sizes.ts";
import type { TextTowerConfig } from "../../models/clip/text-tower.ts";
import { randomTower, writeTower } from "../../models/clip/tower-file.ts";
import { measureStatistics } from "../../train/batch-statistics.ts";
import type { CaptionBatchOptions } from "../../train/caption-batches.ts";
import { train } from "../../train/trainer.ts";
import type { StageContext } from "../stage.ts";
import type { ClipPretrainParams } from "./definition.ts";

const STEPS_PER_RUN = 10;
/** Runs whose batches the statistics of batch normalisation are measured on, after the last step. */
const STATISTICS_RUNS = 4;
const WITHOUT_DECAY = /(^|\.)(bias|norm\d*\.weight|ln\w*\.weight|position_embedding|logitScale|logitBias)$/;
/** Words of prompts, so that a tokenizer made from captions knows them. */
const PROMPT_WORDS =
  "a photo of a flawless damaged normal abnormal broken perfect object surface texture part with without";

export async function runClipPretrain(context: StageContext<ClipPretrainParams>): Promise<void> {
  const { params, seed } = context;
  const captions = (await loadCaptions(params.captions, context.signal)).map(({ caption }) => caption);
  const tokenizer = WordTokenizer.fromTexts([...captions, PROMPT_WORDS]);
  const image: ImageTowerConfig = { ...imageTowers[params.size], norm: params.norm, brightness: params.brightness };
  const text: TextTowerConfig = { ...textTowers[params.size], vocabularySize: tokenizer.vocabularySize };
  context.log(
    "info",
    `${captions.length} pictures, ${new Set(captions).size} different captions, ${tokenizer.vocabularySize} tokens`,
  );
  const trained = await trainedWeights({ image, text, tokenizer: tokenizer.toJSON() }, context);
  const part = (prefix: string, initial: ReadonlyMap<string, Tensor>) =>
    new Map([...initial].map(([name, tensor]) => [name, trained.get(prefix + name) ?? tensor]));
  const towerPath = join(context.workDir, "tower.onnx");
  const imageWeights = part("image.", randomTower(image, seed).weights);
  await writeFile(towerPath, writeTower({ config: image, weights: imageWeights }));
  await context.artifact("tower", towerPath, { fileName: "tower.onnx" });
  const textPath = join(context.workDir, "text.onnx");
  const textWeights = part("text.", randomText(text, tokenizer, seed).weights);
  await writeFile(textPath, writeText({ config: text, tokenizer, weights: textWeights }));
  await context.artifact("text", textPath, { fileName: "text.onnx" });
}

/** Trained weights and measured statistics; none for 0 steps. */
async function trainedWeights(
  { image, text, tokenizer }: { image: ImageTowerConfig; text: TextTowerConfig; tokenizer: unknown },
  context: StageContext<ClipPretrainParams>,
): Promise<ReadonlyMap<string, Tensor>> {
  const { params, seed } = context;
  const { training, sizePx } = params;
  const { numSteps, batchSize } = training;
  if (numSteps === 0) return new Map();
  const built = pretrainGraph({ image, text, loss: params.loss, batchSize, sizePx, seed });
  const options: CaptionBatchOptions = {
    captions: params.captions,
    tokenizer,
    numPositions: text.numPositions,
    channels: image.channels,
    sizePx,
    batchSize,
    stepsPerRun: STEPS_PER_RUN,
    seed,
  };
  const batches = { module: new URL("../../train/caption-batches.ts", import.meta.url), options };
  const weights = await train(
    {
      graph: built.graph,
      loss: built.loss,
      metrics: { pairAccuracy: built.accuracy },
      batches,
      optimizer: optim.adamw({
        lr: optim.schedule.cosine({
          lr: training.learningRate,
          warmupSteps: training.warmupSteps,
          totalSteps: numSteps,
        }),
        betas: [0.9, 0.98],
        weightDecay: training.weightDecay,
        exclude: WITHOUT_DECAY,
      }),
      maxGradNorm: training.maxGradNorm,
      numSteps,
      stepsPerRun: STEPS_PER_RUN,
      checkpointEverySteps: training.checkpointEverySteps,
      provider: params.device,
      threads: params.threads,
    },
    context,
  );
  const later = createPrefetcher({ ...batches, start: numSteps / STEPS_PER_RUN, signal: context.signal });
  const statistics = await measureStatistics({
    graph: built.graph,
    measured: built.measured,
    weights,
    batches: firstOf(() => later.next()),
    provider: params.device,
    threads: params.threads,
  }).finally(() => later.close());
  return new Map([...weights, ...statistics]);
}

async function* firstOf(next: () => Promise<Batch>): AsyncGenerator<Batch> {
  for (let at = 0; at < STATISTICS_RUNS; at++) yield await next();
}
