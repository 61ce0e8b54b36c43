import { type Optimizer, optim } from "@retort/engine";

/** Norm gains, biases and position tables take no weight decay. */
const WITHOUT_DECAY = /(^|\.)(bias|norm\d*\.weight|norm\d*\.scale|position)$/;

export interface AdamwSchedule {
  numSteps: number;
  learningRate: number;
  warmupSteps: number;
  weightDecay: number;
}

/** AdamW with linear warm-up and cosine decay to zero, as all stages train. */
export function adamwWithCosine({ numSteps, learningRate, warmupSteps, weightDecay }: AdamwSchedule): Optimizer {
  return optim.adamw({
    lr: optim.schedule.cosine({ lr: learningRate, warmupSteps, totalSteps: numSteps }),
    betas: [0.9, 0.98],
    eps: 1e-8,
    weightDecay,
    exclude: WITHOUT_DECAY,
  });
}
