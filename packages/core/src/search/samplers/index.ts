import { grid } from "./grid.ts";
import { random } from "./random.ts";
import type { SamplerDefinition } from "./sampler.ts";
import { sobol } from "./sobol.ts";
import { tpe } from "./tpe.ts";

/** Every sampler, by the name that a sweep gives. */
export const samplers = { grid, random, sobol, tpe } satisfies Record<string, SamplerDefinition>;

export type SamplerName = keyof typeof samplers;
