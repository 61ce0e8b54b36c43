/**
 * Learning-rate schedules: functions from the step (0, 1, ...) to the rate of that step.
 * They run in JavaScript in double precision; the training graph receives the rates of its next K steps as an input.
 */
export type Schedule = (step: number) => number;

export interface ConstantOptions {
  lr: number;
  /** Steps over which the rate rises linearly from 0; default 0. */
  warmupSteps?: number;
}

export interface DecayOptions extends ConstantOptions {
  /** Steps of the whole training, warm-up included. */
  totalSteps: number;
}

/** lr, after a linear warm-up. */
export function constant({ lr, warmupSteps = 0 }: ConstantOptions): Schedule {
  return (step) => (step < warmupSteps ? (lr * step) / Math.max(1, warmupSteps) : lr);
}

/** lr falling to 0 at totalSteps along a line, after a linear warm-up; 0 past the end. */
export function linear({ lr, warmupSteps = 0, totalSteps }: DecayOptions): Schedule {
  const warmup = constant({ lr, warmupSteps });
  const left = Math.max(1, totalSteps - warmupSteps);
  return (step) => (step < warmupSteps ? warmup(step) : lr * Math.max(0, (totalSteps - step) / left));
}

/**
 * lr falling to 0 at totalSteps along half a cosine, after a linear warm-up. Past the end the rate rises again, as in
 * Hugging Face transformers (get_cosine_schedule_with_warmup).
 */
export function cosine({ lr, warmupSteps = 0, totalSteps }: DecayOptions): Schedule {
  const warmup = constant({ lr, warmupSteps });
  const left = Math.max(1, totalSteps - warmupSteps);
  return (step) =>
    step < warmupSteps ? warmup(step) : lr * Math.max(0, 0.5 * (1 + Math.cos((Math.PI * (step - warmupSteps)) / left)));
}
