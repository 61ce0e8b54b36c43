/** The optimisers and schedules, as users write them: optim.adamw({ lr: optim.schedule.cosine({ ... }) }). */
import { adamw } from "./adamw.ts";
import { lion } from "./lion.ts";
import type { Optimizer } from "./optimizer.ts";
import { constant, cosine, linear } from "./schedule.ts";
import { sgd } from "./sgd.ts";

export const schedule = { constant, linear, cosine };
export const optimizers = { adamw, sgd, lion } satisfies Record<string, (options: never) => Optimizer>;
export const optim = { ...optimizers, schedule };
