// [node]
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { optim, type Tensor, type Value } from "@retort/engine";
import { compile } from "@retort/engine/node";
import { SpecError } from "../../base/errors.ts";
import { type Batch, createPrefetcher } from "../../data/prefetch.ts";
import type { ClipAdaBatchOptions } from "../../methods/clip-ada/batches.ts";
import { chooseDetection } from "../../methods/clip-ada/choose-detection.ts";
import { looksCloser, refinementLevels } from "../../methods/clip-ada/detection.ts";
import { type ClipAdaModel, writeClipAda } from "../../methods/clip-ada/model-file.ts";
import { NormalImages } from "../../methods/clip-ada/normal-images.ts";
import { validationImages } from "../../methods/clip-ada/synthetic-validation.ts";
import { type ClipAdaTrainGraph, clipAdaTrainGraph } from "../../methods/clip-ada/train-graph.ts";
import { readText } from "../../models/clip/text-file.ts";
import { type ImageTower, readTower, writeTower } from "../../models/clip/tower-file.ts";
import { measureStatistics } from "../../train/batch-statistics.ts";
import { train } from "../../train/trainer.ts";
import type { StageContext } from "../stage.ts";
import type { ClipAdaTrainParams } from "./definition.ts";

const STEPS_PER_RUN = 10;
/** Runs whose batches the statistics of batch normalisation are measured on, after the last step. */
const STATISTICS_RUNS = 4;
/** Norm gains, biases, prompts and the similarity's two numbers take no weight decay. */
const WITHOUT_DECAY = /(^|\.)(bias|norm\d*\.weight|ln\w*\.weight|logScale)$|^prompt\./;

export async function runClipAdaTrain(context: StageContext<ClipAdaTrainParams>): Promise<void> {
  const { params, seed } = context;
  const { training, method } = params;
  const image = readTower(await readFile(context.inputs.tower!), "input tower");
  const text = readText(await readFile(context.inputs.text!), "input text");
  checkRegime(image, params);
  const built = clipAdaTrainGraph({
    image,
    text,
    params: method,
    losses: params.losses,
    batchSize: training.batchSize,
    cropPx: params.window.cropPx,
    seed,
  });
  const learnt = [...built.graph.parameters.values()].filter(({ trainable }) => trainable);
  context.log(
    "info",
    `regime ${method.regime}: ${count(learnt)} of ${count(built.graph.parameters.values())} numbers learn`,
  );

  const options: ClipAdaBatchOptions = {
    data: params.data,
    synthesis: params.synthesis,
    window: params.window,
    channels: image.config.channels,
    givesBrightness: image.config.brightness !== "none",
    sizePx: params.detection.sizePx,
    heldOut: params.validation.heldOutShare,
    batchSize: training.batchSize,
    stepsPerRun: STEPS_PER_RUN,
    seed,
  };
  const batches = { module: new URL("../../methods/clip-ada/batches.ts", import.meta.url), options };
  const weights = await train(
    {
      graph: built.graph,
      loss: built.loss,
      metrics: built.metrics,
      batches,
      optimizer: optim.adamw({
        lr: optim.schedule.cosine({
          lr: training.learningRate,
          warmupSteps: training.warmupSteps,
          totalSteps: training.numSteps,
        }),
        weightDecay: training.weightDecay,
        exclude: WITHOUT_DECAY,
      }),
      maxGradNorm: training.maxGradNorm,
      numSteps: training.numSteps,
      stepsPerRun: STEPS_PER_RUN,
      checkpointEverySteps: training.checkpointEverySteps,
      // Validation takes minutes.
      keepsLast: params.validation.chooses,
      provider: params.device,
      threads: params.threads,
    },
    context,
  );
  const later = createPrefetcher({ ...batches, start: training.numSteps / STEPS_PER_RUN, signal: context.signal });
  const statistics = await measureStatistics({
    graph: built.graph,
    measured: built.measured,
    weights,
    batches: take(() => later.next(), STATISTICS_RUNS),
    provider: params.device,
    threads: params.threads,
  }).finally(() => later.close());
  const trained = new Map([...weights, ...statistics]);

  const model = await withDetection(
    {
      image: image.config,
      params: method,
      detection: params.detection,
      weights: new Map([
        ...withPrefix(trained, /^(image|adapter|similarity)\./),
        ...(await promptVectors(built, weights)),
      ]),
    },
    options,
    context,
  );
  const path = join(context.workDir, "model.onnx");
  await writeFile(path, writeClipAda(model));
  if (looksCloser(model.detection)) {
    const { windowPx, refinement } = model.detection;
    context.log(
      "warn",
      `The model is applied with windows of ${windowPx} px and regions up to object share ${refinement.maxObjectShare}. The graph ` +
        "in its file encodes the whole picture once: in another runtime it gives other maps than the evaluation, while " +
        "`retort detect` gives the same",
    );
  }
  await context.artifact("model", path, { fileName: "model.onnx", regime: method.regime, detection: model.detection });
  const towerPath = join(context.workDir, "tower.onnx");
  // The very bytes that came in: a large tower is neither encoded nor stored once more.
  if (method.regime === "frozen") await copyFile(context.inputs.tower!, towerPath);
  else await writeFile(towerPath, writeTower({ config: image.config, weights: withoutPrefix(trained, "image.") }));
  await context.artifact("tower", towerPath, { fileName: "tower.onnx" });
}

/** A named regime says what was done: the small tower is the only one that is trained here. */
function checkRegime({ config }: ImageTower, { method, detection }: ClipAdaTrainParams): void {
  if (method.regime === "frozen" || config.kind === "small") return;
  throw new SpecError({
    code: "REGIME",
    message: "This regime trains a small tower, and the image tower given is none",
    expected: "regime frozen, or a tower of kind small",
    got: `regime ${method.regime} with a tower of kind ${config.kind} at ${detection.sizePx} px`,
  });
}

/** Chooses how the model is applied on synthetic validation, and reports what was tried. */
async function withDetection(
  model: ClipAdaModel,
  options: ClipAdaBatchOptions,
  { params, seed, signal, log, metric }: StageContext<ClipAdaTrainParams>,
): Promise<ClipAdaModel> {
  const { validation, training } = params;
  if (!validation.chooses) return model;
  const { zoom } = params.detection.refinement;
  const images = await NormalImages.load(
    { ...options, sizePx: options.sizePx * zoom, maxImages: validation.numImages },
    "held-out",
  );
  const chosen = await chooseDetection(
    model,
    await validationImages(images, {
      synthesis: params.synthesis,
      windowPx: params.window.cropPx,
      zoom,
      numImages: validation.numImages,
      seed,
    }),
    {
      levels: validation.triesLevels ? refinementLevels : [params.detection.refinement.level],
      provider: params.device,
      threads: params.threads,
      signal,
    },
  );
  for (const { smoothingPx, maxObjectShare, level, mean, pixelAp } of chosen.trials) {
    const each = Object.entries(pixelAp).map(([category, value]) => `${category} ${value.toFixed(3)}`);
    log(
      "info",
      `synthetic validation, smoothing ${smoothingPx} px, refined up to object share ${maxObjectShare.toFixed(2)}, level ${level}: pixel AP ${mean.toFixed(3)} (${each.join(", ")})`,
    );
  }
  metric("validationPixelAp", training.numSteps, chosen.trials[0]!.mean);
  return { ...model, detection: chosen.detection };
}

/** The two unit vectors that the trained prompts come to. */
async function promptVectors({ graph: g, prompts }: ClipAdaTrainGraph, weights: ReadonlyMap<string, Tensor>) {
  const { graph, values } = g.clone();
  const folded = (value: Value) => values.get(value)!;
  graph.output("prompts.normal", folded(prompts.normal));
  graph.output("prompts.abnormal", folded(prompts.abnormal));
  graph.prune();
  const program = await compile(graph, { weights });
  try {
    return Object.entries(await program.run({}));
  } finally {
    await program.dispose();
  }
}

async function* take(next: () => Promise<Batch>, count: number): AsyncGenerator<Batch> {
  for (let at = 0; at < count; at++) yield await next();
}

function withPrefix(weights: ReadonlyMap<string, Tensor>, prefix: RegExp): Map<string, Tensor> {
  return new Map([...weights].filter(([name]) => prefix.test(name)));
}

function withoutPrefix(weights: ReadonlyMap<string, Tensor>, prefix: string): Map<string, Tensor> {
  const held = [...weights].filter(([name]) => name.startsWith(prefix));
  return new Map(held.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}

function count(parameters: Iterable<{ shape: readonly number[] }>): number {
  let total = 0;
  for (const { shape } of parameters) total += shape.reduce((product, size) => product * size, 1);
  return total;
}
