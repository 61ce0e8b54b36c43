// npm run bench -- search [--json]: TPE against random search, the best of N evaluations over 20 seeds.
import { pairedTInterval, summarize } from "../src/metrics/index.ts";
import { layoutOf } from "../src/search/layout.ts";
import { samplers } from "../src/search/samplers/index.ts";
import type { SamplerDefinition } from "../src/search/samplers/sampler.ts";
import { type Point, type SearchSpaceInput, searchSpace } from "../src/search/space.ts";
import type { Trial } from "../src/search/trial.ts";

const numSeeds = Number(process.env.BENCH_SEEDS ?? 20);

interface Task {
  name: string;
  numEvaluations: number;
  /** Smallest value there is. */
  optimum: number;
  space: SearchSpaceInput;
  value(point: Point): number;
}

const number = (value: unknown) => value as number;

/** Dixon and Szego 1978. */
function branin({ x, y }: Point): number {
  const [a, b] = [number(x), number(y)];
  const curve = b - (5.1 * a ** 2) / (4 * Math.PI ** 2) + (5 * a) / Math.PI - 6;
  return curve ** 2 + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(a) + 10;
}

const hartmann = {
  alpha: [1, 1.2, 3, 3.2],
  a: [
    [10, 3, 17, 3.5, 1.7, 8],
    [0.05, 10, 17, 0.1, 8, 14],
    [3, 3.5, 1.7, 10, 17, 8],
    [17, 8, 0.05, 10, 0.1, 14],
  ],
  p: [
    [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
    [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
    [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.665],
    [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
  ],
};

/** Dixon and Szego 1978, six dimensions. */
function hartmann6(point: Point): number {
  const xs = Array.from({ length: 6 }, (_, index) => number(point[`x${index}`]));
  const terms = hartmann.alpha.map((alpha, row) => {
    const distance = xs.reduce(
      (sum, x, column) => sum + hartmann.a[row]![column]! * (x - hartmann.p[row]![column]!) ** 2,
      0,
    );
    return alpha * Math.exp(-distance);
  });
  return -terms.reduce((sum, term) => sum + term, 0);
}

/** Ours: a loss like that of a training run. Best: adamw, lr 1e-3, beta 0.95, 8 layers, dropout 0.1, gelu: 0. */
function training({ optim, layers, dropout, activation }: Point): number {
  const { kind, lr, beta, momentum } = optim as Record<string, unknown>;
  const [best, offset] = kind === "adamw" ? [1e-3, 0] : [1e-1, 0.3];
  const own = kind === "adamw" ? 20 * (number(beta) - 0.95) ** 2 : (number(momentum) - 0.9) ** 2;
  const depth = Math.log2(number(layers) / 8) ** 2 / 4;
  const kindOfUnit = { gelu: 0, relu: 0.1, tanh: 0.3, sigmoid: 0.8 }[activation as string]!;
  return Math.log10(number(lr) / best) ** 2 / 2 + offset + own + depth + 5 * (number(dropout) - 0.1) ** 2 + kindOfUnit;
}

const unit = { type: "uniform" as const, min: 0, max: 1 };
const tasks: Task[] = [
  {
    name: "Branin (2 continuous)",
    numEvaluations: 60,
    optimum: 0.39788735772973816,
    space: { parameters: { x: { type: "uniform", min: -5, max: 10 }, y: { type: "uniform", min: 0, max: 15 } } },
    value: branin,
  },
  {
    name: "Hartmann6 (6 continuous)",
    numEvaluations: 100,
    optimum: -3.32237,
    space: { parameters: Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`x${index}`, unit])) },
    value: hartmann6,
  },
  {
    name: "training (mixed, conditional)",
    numEvaluations: 80,
    optimum: 0,
    space: {
      parameters: {
        optim: {
          kind: { type: "choice", values: ["adamw", "sgd"] },
          lr: { type: "log", min: 1e-6, max: 1 },
          beta: { type: "uniform", min: 0.5, max: 1, when: { param: "optim.kind", is: "adamw" } },
          momentum: { type: "uniform", min: 0, max: 1, when: { param: "optim.kind", is: "sgd" } },
        },
        layers: { type: "int", min: 1, max: 64, scale: "log" },
        dropout: { type: "uniform", min: 0, max: 0.5, quantum: 0.05 },
        activation: { type: "choice", values: ["sigmoid", "tanh", "relu", "gelu"] },
      },
    },
    value: training,
  },
];

/** The lowest value of N evaluations. Batches are in flight together, as with parallel workers. */
function bestOf(
  sampler: SamplerDefinition,
  { space, value, numEvaluations }: Task,
  { seed, batch }: { seed: number; batch: number },
) {
  const layout = layoutOf(searchSpace.parse(space));
  const params = sampler.params.parse({});
  const history: Trial[] = [];
  let state = sampler.start;
  while (history.length < numEvaluations) {
    const asked = sampler.ask(
      { layout, params, seed, mode: "min", history },
      state,
      Math.min(batch, numEvaluations - history.length),
    );
    state = asked.state;
    for (const point of asked.points) {
      history.push({
        trial: history.length,
        point,
        status: "succeeded",
        value: value(point),
        intermediates: [],
        samples: {},
      });
    }
  }
  return Math.min(...history.map((trial) => trial.value!));
}

const isJson = process.argv.includes("--json");
const print = (line: string) => isJson || console.log(line);
const digits = (value: number) => value.toFixed(4);
const began = performance.now();
const seeds = Array.from({ length: numSeeds }, (_, seed) => seed);

print(`regret (best value found minus optimum; lower is better), mean +- std of ${numSeeds} seeds`);
for (const task of tasks) {
  const regrets = (sampler: SamplerDefinition, batch: number) =>
    seeds.map((seed) => bestOf(sampler, task, { seed, batch }) - task.optimum);
  const random = regrets(samplers.random, 1);
  const contenders = {
    sobol: regrets(samplers.sobol, 1),
    tpe: regrets(samplers.tpe, 1),
    "tpe, 4 at a time": regrets(samplers.tpe, 4),
  };
  print(`\n${task.name}, ${task.numEvaluations} evaluations`);
  print(`  ${"random".padEnd(18)} ${digits(summarize(random).mean)} +- ${digits(summarize(random).std)}`);
  for (const [name, own] of Object.entries(contenders)) {
    const { mean, std } = summarize(own);
    const { meanDifference, low, high } = pairedTInterval({ a: own, b: random });
    const difference = `minus random ${digits(meanDifference)}, 95 % interval [${digits(low)}, ${digits(high)}]`;
    print(`  ${name.padEnd(18)} ${digits(mean)} +- ${digits(std)}   ${difference}`);
    if (isJson) {
      const [value, peer] = [mean, summarize(random).mean];
      const figure = {
        name: `${task.name}: regret of ${name}`,
        value,
        unit: "value",
        goal: peer,
        peer,
        ratio: value / peer,
      };
      console.log(JSON.stringify({ ...figure, std, seeds: numSeeds, difference: { mean: meanDifference, low, high } }));
    }
  }
}
print(`\n${((performance.now() - began) / 1000).toFixed(1)} s`);
