// npm run bench -- llava-kd [--json]: what distillation costs a training step (stored outputs, a teacher beside the student), what a
// cache saves in decoding. One thread; variants take turns, so that other work on the machine meets all of them.
import { type Tensor, tensor } from "@retort/engine";
import { compile, compileTrainStep } from "@retort/engine/node";
import { Rng } from "../src/base/rng.ts";
import { WordTokenizer } from "../src/data/tokenizers/word.ts";
import { objectiveParams } from "../src/methods/llava-kd/objective.ts";
import { teacherGraph } from "../src/methods/llava-kd/teacher-graph.ts";
import { type TrainGraphOptions, trainGraph } from "../src/methods/llava-kd/train-graph.ts";
import { type LlavaConfig, llavaConfig, mergedWidth, numImageTokens } from "../src/models/llava/config.ts";
import { answerGraph } from "../src/models/llava/generate-graphs.ts";
import { Generator } from "../src/models/llava/generator.ts";
import { sftGraph } from "../src/models/llava/sft-graph.ts";
import { adamwWithCosine } from "../src/train/adamw.ts";
import { median, report } from "./figures/figure.ts";

const [batchSize, numTextTokens, stepsPerRun] = [16, 48, 10];
const rounds = Number(process.env.BENCH_ROUNDS ?? 15);
const words = WordTokenizer.fromTexts(Array.from({ length: 44 }, (_, i) => `word${i}`));
const rng = Rng.fromSeed(1);

const sized = (dim: number, layers: number): LlavaConfig =>
  llavaConfig.parse({
    imageSizePx: 32,
    vision: { patchSizePx: 4, stem: "convolution", dim: 96, layers: 3, heads: 4, hidden: 384 },
    projector: { mergeSide: 2, merge: "average" },
    decoder: { dim, layers, heads: 4, kvHeads: 2, hidden: 3 * dim, ropeBase: 10_000 },
    vocabularySize: words.vocabularySize,
  });
const student = sized(32, 2);
const teacher = sized(128, 3);
const numImage = numImageTokens(student);

function weightsOf(config: LlavaConfig): Map<string, Tensor> {
  const { graph } = sftGraph({ config, batchSize: 1, numTextTokens, seed: 1 });
  return new Map([...graph.parameters].map(([name, value]) => [name, value.tensor!]));
}

/** Six questions of seven tokens and an answer a picture, as the CIFAR-10 set has them. */
function batches(
  inputs: Readonly<Record<string, { dtype: string; shape: readonly number[] }>>,
): Record<string, Tensor> {
  const rows = stepsPerRun * batchSize;
  const text = (value: (place: number) => number) =>
    tensor(
      "int64",
      [stepsPerRun, batchSize, numTextTokens],
      Array.from({ length: rows * numTextTokens }, (_, at) => value(at % numTextTokens)),
    );
  const segment = (place: number) => Math.floor(place / 8) + 1;
  const made: Record<string, Tensor> = {
    tokens: text(() => 5 + rng.integer(44)),
    segments: text(segment),
    positions: text((place) => place % 8),
    labels: text((place) => (place % 8 < 6 ? -100 : 5 + rng.integer(44))),
  };
  for (const [name, { shape }] of Object.entries(inputs)) {
    if (name in made) continue;
    const size = shape.reduce((product, each) => product * each, stepsPerRun);
    // Halves between 0.5 and 2.
    const data = Uint16Array.from({ length: size }, () => 0x3800 + rng.integer(0x800));
    made[name] = { dtype: "float16", shape: [stepsPerRun, ...shape], data };
  }
  return made;
}

async function trainer(objective: object, taught: TrainGraphOptions["teacher"]) {
  const { graph, loss, metrics } = trainGraph({
    config: student,
    batchSize,
    numTextTokens,
    slot: "features",
    trainable: "projector-and-decoder",
    objective: objectiveParams.parse(objective),
    teacher: taught,
    weights: weightsOf(student),
    seed: 1,
  });
  const schedule = { numSteps: 1000, learningRate: 1e-3, warmupSteps: 10, weightDecay: 0 };
  const optimizer = adamwWithCosine(schedule);
  const program = await compileTrainStep(graph, { loss, metrics, optimizer, maxGradNorm: 1, stepsPerRun, threads: 1 });
  const fed = batches(program.inputs);
  const times: number[] = [];
  return {
    times,
    async run() {
      const startedAt = performance.now();
      await program.run(fed);
      times.push((performance.now() - startedAt) / stepsPerRun);
    },
    dispose: () => program.dispose(),
  };
}

/** The teacher by itself, as a step that runs it must. */
async function teacherForward() {
  const weights = weightsOf(teacher);
  const dtype = "float16" as const;
  const graph = teacherGraph({ config: teacher, weights, batchSize, numTextTokens, dtype, topK: null });
  const program = await compile(graph, { threads: 1 });
  const { tokens, segments, positions, features } = batches({
    features: { dtype, shape: [batchSize, numImage, mergedWidth(teacher)] },
  });
  const first = ({ dtype: type, shape, data }: Tensor): Tensor => {
    const single = shape.slice(1);
    return tensor(type, single, data.slice(0, data.length / stepsPerRun));
  };
  const fed = {
    tokens: first(tokens!),
    segments: first(segments!),
    positions: first(positions!),
    features: first(features!),
  };
  const times: number[] = [];
  return {
    times,
    async run() {
      const startedAt = performance.now();
      for (let step = 0; step < stepsPerRun; step++) await program.run(fed);
      times.push((performance.now() - startedAt) / stepsPerRun);
    },
    dispose: () => program.dispose(),
  };
}

const plain = await trainer({ kind: "cross-entropy" }, null);
const stored = await trainer({ kind: "llava-kd" }, { kind: "cached", dtype: "float16", hiddenWidth: 128, topK: null });
const online = await trainer({ kind: "llava-kd" }, { kind: "online", config: teacher, weights: weightsOf(teacher) });
const forward = await teacherForward();
const variants = [plain, stored, online, forward];
for (let round = -2; round < rounds; round++) {
  for (const variant of variants) await variant.run();
  // The first runs find memory that is not there yet.
  if (round < 0) for (const { times } of variants) times.length = 0;
}
for (const variant of variants) await variant.dispose();
const ratio = ({ times }: { times: number[] }) => median(times.map((time, round) => time / plain.times[round]!));
const size = `student of width 32, 2 layers, ${batchSize} pictures, ${numImage + numTextTokens} tokens`;
beside(`llava-kd/step ${size}; stored teacher`, {
  value: median(stored.times),
  unit: "ms",
  peer: median(plain.times),
  ratio: ratio(stored),
  goal: 1.15,
});
beside(`llava-kd/step ${size}; teacher of width 128, 3 layers beside it`, {
  value: median(online.times),
  unit: "ms",
  peer: median(plain.times),
  ratio: ratio(online),
  // A student's step and a teacher's forward pass: what it cannot do without.
  goal: 1 + ratio(forward),
});

const bytes = (perRow: number) => (numImage + 46) * perRow;
const V = words.vocabularySize;
beside("llava-kd/cache size a picture; float16, all tokens", {
  value: bytes(2 * V) / 1024,
  unit: "kB",
  peer: bytes(4 * V) / 1024,
  ratio: 0.5,
  goal: null,
});
beside("llava-kd/cache size a picture; float16, 8 tokens", {
  value: bytes(8 * 6 + 2) / 1024,
  unit: "kB",
  peer: bytes(4 * V) / 1024,
  ratio: (8 * 6 + 2) / (4 * V),
  goal: null,
});

/** Seconds to decode numNewTokens for each of the questions, with a key/value cache and by reading everything again. */
const numNewTokens = 32;
const numQuestions = 1;
const model = { config: teacher, tokenizer: words, weights: weightsOf(teacher) };
// Nothing ends early: the end-of-text token is never the likeliest.
const head = model.weights.get("decoder.head.weight")!;
const columns = head.shape[1]!;
for (let row = 0; row < head.shape[0]!; row++) (head.data as Float32Array)[row * columns + words.eosId] = 0;
const settings = { provider: "cpu", threads: 1 } as const;
const generator = await Generator.create(model, {
  ...settings,
  batchSize: numQuestions,
  imageBatchSize: numQuestions,
  numPromptTokens: 8,
  numNewTokens,
});
const whole = await compile(answerGraph(teacher, 8 + numNewTokens), { ...settings, weights: model.weights });
const pixels = Uint8Array.from({ length: numQuestions * 32 * 32 * 3 }, () => rng.integer(256));
const questions = Array.from({ length: numQuestions }, (_, imageIndex) => ({
  imageIndex,
  tokens: Array.from({ length: 8 }, () => 5 + rng.integer(44)),
}));
const seconds = { cached: [] as number[], whole: [] as number[] };
for (let round = -1; round < 3; round++) {
  let startedAt = performance.now();
  const answers = await generator.answer(questions, await generator.encodeImages(pixels));
  const cached = (performance.now() - startedAt) / 1000;
  startedAt = performance.now();
  const again = await decodeWhole();
  const without = (performance.now() - startedAt) / 1000;
  if (JSON.stringify(answers[0]) !== JSON.stringify(again)) throw new Error("with and without a cache disagree");
  if (round < 0) continue;
  seconds.cached.push(cached / numQuestions);
  seconds.whole.push(without);
}
await generator.dispose();
await whole.dispose();
const [withCache, without] = [median(seconds.cached), median(seconds.whole)];
beside(`llava-kd/decoding ${numNewTokens} new tokens, width 128, 3 layers; with a cache`, {
  value: numNewTokens / withCache,
  unit: "tokens/s",
  peer: numNewTokens / without,
  ratio: without / withCache,
  goal: 5,
});

/** The first question's answer, the whole model run again for every token. */
async function decodeWhole(): Promise<number[]> {
  const sequence = [...questions[0]!.tokens];
  while (sequence.length < 8 + numNewTokens) {
    const padded = [...sequence, ...Array<number>(8 + numNewTokens - sequence.length).fill(words.padId)];
    const { logits } = await whole.run({
      pixels: tensor("uint8", [1, 32, 32, 3], pixels.slice(0, 32 * 32 * 3)),
      tokens: tensor("int64", [1, padded.length], padded),
      lengths: tensor("int64", [1], [sequence.length]),
    });
    const values = [...(logits!.data as Float32Array)];
    sequence.push(values.indexOf(Math.max(...values)));
  }
  return sequence.slice(8);
}

interface Beside {
  value: number;
  unit: string;
  /** The plain step, the larger file, decoding without a cache. */
  peer: number;
  ratio: number;
  /** Of the ratio. */
  goal: number | null;
}

function beside(name: string, { value, unit, peer, ratio, goal }: Beside): void {
  const round = (x: number) => Math.round(x * 1000) / 1000;
  report({
    ...{ name, value: round(value), unit, peer: round(peer), ratio: round(ratio) },
    ...(goal === null ? {} : { goal: round(goal) }),
  });
}
