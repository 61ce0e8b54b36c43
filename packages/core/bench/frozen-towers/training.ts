import { copyFileSync, readFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { numbers, optim, type Tensor } from "@retort/engine";
import { compileTrainStep, decodeSnapshot } from "@retort/engine/node";
import { createBatchProducer } from "../../src/methods/clip-ada/batches.ts";
import { readClipAda } from "../../src/methods/clip-ada/model-file.ts";
import { lossParams } from "../../src/methods/clip-ada/params.ts";
import { clipAdaTrainGraph } from "../../src/methods/clip-ada/train-graph.ts";
import { readText } from "../../src/models/clip/text-file.ts";
import { readTower } from "../../src/models/clip/tower-file.ts";
import { clipAdaTrain } from "../../src/stages/clip-ada-train/definition.ts";
import { runClipAdaTrain } from "../../src/stages/clip-ada-train/run.ts";
import { testContext } from "../../src/stages/testing-context.ts";
import { type Architecture, fileNames, mebibytes, type Part, processorSeconds, rounded } from "./part.ts";

const NUM_STEPS = 20;

/** Drawn cloth, a few pictures. */
export const clothData = (sizePx: number) => ({
  sources: [
    {
      kind: "industrial",
      categories: ["woven-fabric"],
      imageSizePx: sizePx,
      numTrainImages: 4,
      numTestGood: 2,
      numTestAnomalous: 2,
    },
  ],
});

const paramsOf = ({ sizePx, layers }: Architecture, threads: number) => ({
  data: clothData(sizePx),
  method: { regime: "frozen", adapter: "linear", layers },
  window: { cropPx: sizePx },
  detection: { sizePx },
  training: { numSteps: NUM_STEPS, batchSize: 1, warmupSteps: 0, learningRate: 0.01, checkpointEverySteps: 10 },
  validation: { chooses: false },
  threads,
});

/** The stage clip-ada-train in the frozen regime. */
export const train: Part = async ({ architecture, folder, threads }) => {
  const inputs = { tower: join(folder, fileNames.tower), text: join(folder, fileNames.text) };
  const made = testContext(clipAdaTrain, { params: paramsOf(architecture, threads), inputs, seed: 1 });
  made.context.saveCheckpoint = async (_, path) => copyFileSync(path, join(folder, fileNames.checkpoint));
  made.context.artifact = async (name, path) =>
    renameSync(path, join(folder, name === "model" ? fileNames.model : fileNames.trainedTower));
  const { metric } = made.context;
  const usedAt: number[] = [];
  made.context.metric = (key, step, value) => {
    if (key === "stepMs") usedAt.push(processorSeconds());
    metric(key, step, value);
  };
  await runClipAdaTrain(made.context);
  made.remove();
  // The second run of ten: the first one waits for memory.
  const step = { seconds: made.metrics.get("stepMs")!.at(-1)! / 1000, processor: (usedAt[1]! - usedAt[0]!) / 10 };
  const losses = made.metrics.get("loss")!;
  return {
    figures: [
      { name: "training step of one picture", value: rounded(step.seconds), unit: "s" },
      { name: "training step of one picture: processor time", value: rounded(step.processor), unit: "s" },
      { name: fileNames.model, value: mebibytes(statSync(join(folder, fileNames.model)).size), unit: "MiB" },
    ],
    checks: [
      {
        what: "every loss is a number",
        got: `${losses}`,
        holds: losses.length === NUM_STEPS && losses.every(Number.isFinite),
      },
    ],
  };
};

/** Prompts, adapters and the similarity have changed, and nothing else. */
export const weights: Part = async ({ architecture: { layers }, folder }) => {
  const read = (name: keyof typeof fileNames) => readFileSync(join(folder, fileNames[name]));
  const before = readTower(read("tower"), "tower").weights;
  const after = readTower(read("trainedTower"), "tower").weights;
  const model = readClipAda(read("model"), "model").weights;
  const differing = [...before].filter(([name, tensor]) => {
    const held = model.get(`image.${name}`);
    return !same(after.get(name)!, tensor) || (held !== undefined && !same(held, tensor));
  });
  const inModel = [...model.keys()].filter((name) => name.startsWith("image.")).length;
  // What the optimiser holds, and the mean of each one's gradients.
  const { tensors } = decodeSnapshot(read("checkpoint"));
  const learnt = [...tensors.keys()].filter((name) => !name.includes("#"));
  const expected = [
    ...layers.flatMap((layer) => [`adapter.${layer}.bias`, `adapter.${layer}.weight`]),
    ...["prompt.abnormal.context", "prompt.normal.context", "similarity.bias", "similarity.logScale"],
  ].sort();
  const moments = [...tensors].filter(([name]) => name.includes("#"));
  const still = moments.filter(([, tensor]) => numbers(tensor).every((value) => value === 0)).map(([name]) => name);
  const fixed = layers.filter((layer) => numbers(model.get(`adapter.${layer}.weight`)!).every((value) => value === 0));
  return {
    figures: [],
    checks: [
      {
        what: "every weight of the tower is as it was, to the bit",
        got: `others: ${differing.map(([name]) => name).join(", ") || "none"} of ${before.size}; in the model: ${inModel}`,
        holds: differing.length === 0 && inModel > 0,
      },
      {
        what: "prompts, adapters and similarity learn, and nothing else",
        got: learnt.sort().join(", "),
        holds: learnt.sort().join() === expected.join(),
      },
      {
        what: "a gradient reaches each of them",
        got: `not reached: ${still.join(", ") || "none"} of ${moments.length}`,
        holds: still.length === 0 && moments.length > 0,
      },
      {
        what: "the adapters of all layers have changed",
        got: `still zero: ${fixed.join(", ") || "none"}`,
        holds: fixed.length === 0,
      },
    ],
  };
};

/** Over a short step against the gradient g the loss falls by the step's length times |g|. */
export const gradient: Part = async ({ architecture, folder, threads }) => {
  const params = clipAdaTrain.params.parse(paramsOf(architecture, threads));
  const image = readTower(readFileSync(join(folder, fileNames.tower)), "tower");
  const text = readText(readFileSync(join(folder, fileNames.text)), "text");
  const { sizePx } = architecture;
  const built = clipAdaTrainGraph({
    ...{ image, text, params: params.method, losses: lossParams.parse({}), batchSize: 1, cropPx: sizePx, seed: 1 },
  });
  let rate = 0;
  const program = await compileTrainStep(built.graph, {
    loss: built.loss,
    optimizer: optim.sgd({ lr: () => rate }),
    threads,
  });
  const { data, synthesis, window } = params;
  const { channels } = image.config;
  const batches = await createBatchProducer({
    ...{ data, synthesis, window, channels, sizePx, givesBrightness: true, heldOut: 0, batchSize: 1, stepsPerRun: 1 },
    seed: 1,
  });
  const batch = await batches.batch(0);
  const at = async (lr: number) => {
    rate = lr;
    const { losses, gradNorms } = await program.run(batch);
    return { loss: losses[0]!, norm: gradNorms[0]! };
  };
  const { loss, norm } = await at(0);
  // Long enough for float32, short enough for a straight line.
  const expected = loss / 1000;
  await at(expected / norm ** 2);
  const fall = loss - (await at(0)).loss;
  await program.dispose();
  const ratio = fall / expected;
  return {
    figures: [],
    checks: [
      {
        what: "over a short step the loss falls as its gradient says, within 2 %",
        got: `${fall.toExponential(3)} of ${expected.toExponential(3)}, ratio ${ratio.toFixed(4)}`,
        holds: Math.abs(ratio - 1) < 0.02,
      },
    ],
  };
};

const same = (one: Tensor, other: Tensor): boolean =>
  Buffer.compare(
    new Uint8Array(one.data.buffer, one.data.byteOffset, one.data.byteLength),
    new Uint8Array(other.data.buffer, other.data.byteOffset, other.data.byteLength),
  ) === 0;
