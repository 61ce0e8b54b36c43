import { graph as emptyGraph } from "../graph/builder.ts";
import { type Tensor, tensor } from "../graph/tensor.ts";
import { op } from "../ops/functions.ts";
import { optim } from "../optim/index.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import type { Schedule } from "../optim/schedule.ts";
import type { Provider } from "../runtime/providers.ts";
import { compileTrainStep } from "../runtime/train-program.ts";
import { type Quantity, tensorsOf, type Verifier, type VerifierTable, type VerifyCase } from "./case.ts";

interface Params {
  steps: number;
  lr: number;
  warmup_steps: number;
  total_steps: number;
  schedule: "constant" | "cosine_with_warmup";
  weight_decay: number;
  exclude_bias_from_decay: boolean;
  max_grad_norm: number | null;
  accumulate: number;
  betas: [number, number];
  eps: number;
  momentum: number;
  nesterov: boolean;
}

/** Cases "optim.<optimiser>": whole trainings of a two-layer network; and the schedule by itself. */
export const optimVerifiers: VerifierTable = {
  "optim.adamw": training((params) => optim.adamw({ ...common(params), betas: params.betas, eps: params.eps })),
  "optim.sgd": training((params) =>
    optim.sgd({ ...common(params), momentum: params.momentum, nesterov: params.nesterov }),
  ),
  "optim.cosine_with_warmup": async (testCase) => {
    const params = paramsOf(testCase);
    const lr = cosine(params);
    const lrs = Float64Array.from({ length: params.steps }, (_, step) => lr(step));
    return { lrs: tensor("float64", [params.steps], lrs) };
  },
};

function training(optimizerOf: (params: Params) => Optimizer): Verifier {
  return async (testCase, { provider }) => {
    const params = paramsOf(testCase);
    const { x, y, ...initial } = tensorsOf(testCase.inputs) as Record<"x" | "y" | "w1" | "b1" | "w2" | "b2", Tensor>;
    const graph = emptyGraph(testCase.name);
    const p = Object.fromEntries(Object.entries(initial).map(([name, held]) => [name, graph.parameter(name, held)]));
    const input = (name: string, { dtype, shape }: Tensor) => graph.input(name, { dtype, shape: shape.slice(1) });
    const hidden = op.tanh(op.gemm(input("x", x), p.w1!, { c: p.b1!, transB: true }));
    const error = op.sub(op.gemm(hidden, p.w2!, { c: p.b2!, transB: true }), input("y", y));
    const step = await compileTrainStep(graph, {
      loss: op.reduceMean(op.square(error)),
      optimizer: optimizerOf(params),
      maxGradNorm: params.max_grad_norm ?? undefined,
      accumulate: params.accumulate,
      stepsPerRun: params.steps,
      provider: provider as Provider,
    });
    try {
      const { losses, gradNorms, learningRates } = await step.run({ x, y });
      const final = [...step.parameters()].map(([name, held]): [string, Quantity] => [`final.${name}`, held]);
      const perStep = (data: Float32Array<ArrayBuffer>) => tensor("float32", [params.steps], data);
      return {
        losses: perStep(losses),
        grad_norms: perStep(gradNorms),
        lrs: perStep(Float32Array.from(learningRates)),
        ...Object.fromEntries(final),
      };
    } finally {
      await step.dispose();
    }
  };
}

function common(params: Params) {
  return {
    lr: params.schedule === "constant" ? params.lr : cosine(params),
    weightDecay: params.weight_decay,
    ...(params.exclude_bias_from_decay && { exclude: /^b/ }),
  };
}

function cosine({ lr, warmup_steps: warmupSteps, total_steps: totalSteps }: Params): Schedule {
  return optim.schedule.cosine({ lr, warmupSteps, totalSteps });
}

function paramsOf({ params }: VerifyCase): Params {
  return params as unknown as Params;
}
