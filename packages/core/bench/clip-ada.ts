// npm run bench -- clip-ada [--json] [--architectures vit-b-16,vit-l-14-336]: inference against the network's forward pass
// alone; with architectures, the frozen regime at full size on random weights: forward passes and prompt-learning steps.
import { graph, nn, optim, type Tensor } from "@retort/engine";
import { compile, compileTrainStep } from "@retort/engine/node";
import { WordTokenizer } from "../src/data/tokenizers/word.ts";
import { detectionParams } from "../src/methods/clip-ada/detection.ts";
import type { ClipAdaModel } from "../src/methods/clip-ada/model-file.ts";
import { clipAdaParams, lossParams } from "../src/methods/clip-ada/params.ts";
import { clipAdaScorer } from "../src/methods/clip-ada/scorer.ts";
import { clipAdaTrainGraph } from "../src/methods/clip-ada/train-graph.ts";
import { imageTower } from "../src/models/clip/image-tower.ts";
import { type ImageTowerName, imageTowers } from "../src/models/clip/sizes.ts";
import { randomText } from "../src/models/clip/text-file.ts";
import { textTowers } from "../src/models/clip/text-sizes.ts";
import { type ImageTower, randomTower } from "../src/models/clip/tower-file.ts";
import { median, report } from "./figures/figure.ts";

const threads = 1;
const rounds = Number(process.env.BENCH_ROUNDS ?? 15);

const rounded = (value: number) => Number(value.toPrecision(3));

/** Seconds of processor time. */
async function cpuSeconds(run: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function bytes(shape: number[]): Tensor & { data: Uint8Array<ArrayBuffer> } {
  const size = shape.reduce((product, dim) => product * dim, 1);
  return { dtype: "uint8", shape, data: Uint8Array.from({ length: size }, (_, at) => (at * 7919) % 251) };
}

/** The graph that ends at the layers' patch features, from pixels that need no more than a cast. */
async function forwardAlone({ config, weights }: ImageTower, layers: number[], [batchSize, sizePx]: [number, number]) {
  const g = graph("forward");
  const pixels = bytes([batchSize, sizePx, sizePx, config.channels]);
  const plain = { ...config, brightness: "none" as const };
  const { layers: features } = imageTower(
    nn.scope(g, { weights, trainable: false }),
    g.input("pixels", pixels),
    plain,
    {
      layers,
    },
  );
  for (const { layer, values } of features) g.output(`layer${layer}`, values);
  const program = await compile(g, { threads });
  return { run: () => program.run({ pixels }), dispose: () => program.dispose() };
}

/** Nothing is refined here. */
const noCloserLook = () => Promise.reject(new Error("a picture was asked for once more"));

async function inference(): Promise<void> {
  const image = randomTower(imageTowers.small, 1);
  const batchSize = 4;
  const detection = detectionParams.parse({ smoothingPx: 2 });
  const { sizePx } = detection;
  const params = clipAdaParams.parse({});
  const unit: Tensor = { dtype: "float32", shape: [64], data: new Float32Array(64).fill(0.125) };
  const weights = new Map([...image.weights].map(([name, tensor]) => [`image.${name}`, tensor]));
  const scalar = (value: number): Tensor => ({ dtype: "float32", shape: [1], data: Float32Array.of(value) });
  const all = new Map([...weights, ["prompts.normal", unit], ["prompts.abnormal", unit]] as [string, Tensor][]);
  all.set("similarity.logScale", scalar(2.5)).set("similarity.bias", scalar(-2));
  const model: ClipAdaModel = { image: image.config, params, detection, weights: all };
  const scorer = await clipAdaScorer(model, { detection, batchSize, provider: "cpu", threads });
  const forward = await forwardAlone(image, params.layers, [batchSize, sizePx]);
  const { data } = bytes([batchSize, sizePx, sizePx, 3]);
  const times = { whole: [] as number[], alone: [] as number[] };
  for (let round = 0; round < rounds + 2; round++) {
    const alone = await cpuSeconds(forward.run);
    const whole = await cpuSeconds(() => scorer.score(data, batchSize, noCloserLook));
    if (round >= 2) [times.alone.push(alone), times.whole.push(whole)];
  }
  await scorer.dispose();
  await forward.dispose();
  const [whole, alone] = [batchSize / median(times.whole), batchSize / median(times.alone)];
  report({
    name: `images/s, ${sizePx} px RGB to smoothed map and score, against the forward pass`,
    value: rounded(whole),
    unit: "images/s",
    goal: rounded(0.8 * alone),
    peer: rounded(alone),
    ratio: rounded(whole / alone),
  });
}

/** The frozen regime at full size: nothing but prompts, adapters and the similarity learn. */
async function architecture(name: ImageTowerName, sizePx: number): Promise<void> {
  const config = imageTowers[name];
  const image = randomTower(config, 1);
  const tokenizer = WordTokenizer.fromTexts(["a photo of a flawless damaged object"]);
  const text = randomText({ ...textTowers[name], vocabularySize: tokenizer.vocabularySize }, tokenizer, 1);
  const layers =
    config.kind === "vit" ? [config.layers / 4, config.layers / 2, (3 * config.layers) / 4, config.layers] : [4];
  const forward = await forwardAlone(image, layers, [1, sizePx]);
  await forward.run();
  const forwardSeconds = median([
    await cpuSeconds(forward.run),
    await cpuSeconds(forward.run),
    await cpuSeconds(forward.run),
  ]);
  await forward.dispose();
  report({
    name: `${name} at ${sizePx} px, forward pass, layers ${layers}`,
    value: rounded(forwardSeconds),
    unit: "s/image",
  });

  const params = clipAdaParams.parse({
    regime: "frozen",
    adapter: "linear",
    layers,
    prompt: { numTokens: 12, initStd: 0.02 },
  });
  const built = clipAdaTrainGraph({
    image,
    text,
    params,
    losses: lossParams.parse({}),
    batchSize: 1,
    cropPx: sizePx,
    seed: 1,
  });
  const step = await compileTrainStep(built.graph, { loss: built.loss, optimizer: optim.adamw({ lr: 1e-3 }), threads });
  const mask = new Uint8Array(sizePx * sizePx).fill(1, 0, sizePx * 20);
  // One step of one picture.
  const batch: Record<string, Tensor> = {
    pixels: bytes([1, 1, sizePx, sizePx, config.channels]),
    mask: { dtype: "uint8", shape: [1, 1, sizePx, sizePx], data: mask },
  };
  const first = await step.run(batch);
  const seconds = await cpuSeconds(() => step.run(batch));
  const last = await step.run(batch);
  const learnt = step.trained.reduce((sum, key) => sum + built.graph.parameters.get(key)!.tensor!.data.length, 0);
  await step.dispose();
  report({
    name: `${name} at ${sizePx} px, step of prompts and adapters (${learnt} numbers; loss ${first.losses[0]!.toFixed(3)} to ${last.losses[0]!.toFixed(3)})`,
    value: rounded(seconds),
    unit: "s/image",
    ratio: rounded(seconds / forwardSeconds),
  });
}

await inference();
const flag = process.argv.indexOf("--architectures");
const names = flag < 0 ? [] : (process.argv[flag + 1] ?? "").split(",");
for (const name of names as ImageTowerName[]) {
  const config = imageTowers[name];
  const own = config.kind === "vit" ? config.imageSizePx : 256;
  await architecture(name, own);
  if (name === "vit-b-16") await architecture(name, 336);
}
