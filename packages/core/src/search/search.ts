import { z } from "zod";
import { SpecError } from "../base/errors.ts";
import { checkSpace, type RecipeParams } from "./check.ts";
import { populationParams } from "./population.ts";
import { type PrunerName, pruners } from "./pruners/index.ts";
import { type SamplerName, samplers } from "./samplers/index.ts";
import { type SearchSpace, type SearchSpaceInput, searchSpace } from "./space.ts";
import { modeSchema } from "./trial.ts";

const samplerChoice = z.strictObject({
  kind: z
    .enum(Object.keys(samplers) as [SamplerName, ...SamplerName[]])
    .default("grid")
    .describe("How points are chosen"),
  params: z.record(z.string(), z.json()).default({}).describe("Parameters of the sampler; the rest takes defaults"),
});
const prunerChoice = z.strictObject({
  kind: z
    .enum(Object.keys(pruners) as [PrunerName, ...PrunerName[]])
    .default("none")
    .describe("How trials are stopped early"),
  params: z.record(z.string(), z.json()).default({}).describe("Parameters of the pruner; the rest takes defaults"),
});

/** What a sweep says of its search: where, how, what for and how much. */
export const search = z.strictObject({
  space: searchSpace,
  sampler: samplerChoice.prefault({}),
  pruner: prunerChoice.prefault({}),
  mode: modeSchema.default("max"),
  seed: z.int().nonnegative().default(0).describe("Of the sampler's draws"),
  maxPoints: z
    .int()
    .min(1)
    .max(1_000_000)
    .nullable()
    .default(null)
    .describe("Points at most, each run once a seed; only a grid may go without"),
  population: populationParams
    .nullable()
    .default(null)
    .describe(
      "Population-based training: maxPoints members that copy each other's checkpoints; null for independent trials",
    ),
});
export type Search = Omit<z.infer<typeof search>, "space"> & { space: SearchSpace };
/** A search as it is written: defaults may be left out. */
export type SearchInput = Omit<z.input<typeof search>, "space"> & { space: SearchSpaceInput };

/**
 * Reads a search and refuses what cannot run; parameters of sampler and pruner come back complete.
 * @throws SpecError BAD_SEARCH, NO_BUDGET (0 points, or none given where the sampler never ends), and those of checkSpace()
 */
export function checkSearch(value: unknown, recipe?: RecipeParams): Search {
  const budget = z.looseObject({ maxPoints: z.number().optional().catch(undefined) }).safeParse(value).data?.maxPoints;
  if (budget !== undefined && budget <= 0) throw noBudget(String(budget));
  const rest = search.extend({ space: z.unknown() }).safeParse(value);
  if (!rest.success) {
    const [issue] = rest.error.issues;
    throw new SpecError({
      code: "BAD_SEARCH",
      message: "The search cannot be read",
      got: issue!.message,
      where: issue!.path.join("."),
    });
  }
  const space = checkSpace(rest.data.space, recipe);
  const { sampler, pruner, maxPoints, population } = rest.data;
  if (population !== null && (maxPoints === null || space.seeds.length > 1 || pruner.kind !== "none")) {
    throw new SpecError({
      code: "BAD_SEARCH",
      message: "A population needs a number of members and nothing that competes with it",
      expected: 'maxPoints, one seed and the pruner "none"',
      got: `maxPoints ${maxPoints}, ${space.seeds.length} seeds, the pruner "${pruner.kind}"`,
      where: "population",
    });
  }
  if (maxPoints === null && sampler.kind !== "grid") throw noBudget(`none, with the sampler "${sampler.kind}"`);
  return {
    ...rest.data,
    space,
    sampler: { kind: sampler.kind, params: complete(samplers[sampler.kind].params, sampler.params, "sampler.params") },
    pruner: { kind: pruner.kind, params: complete(pruners[pruner.kind].params, pruner.params, "pruner.params") },
  };
}

/** Does somebody judge trials by a metric that they report on their way? */
export function needsWatch({ pruner, population }: Pick<Search, "pruner" | "population">): boolean {
  return population !== null || pruners[pruner.kind].judgesBy === "watched";
}

function complete(schema: z.ZodType, params: unknown, where: string): Search["sampler"]["params"] {
  const parsed = schema.safeParse(params);
  if (parsed.success) return parsed.data as Search["sampler"]["params"];
  const [issue] = parsed.error.issues;
  const place = [where, ...issue!.path].join(".");
  throw new SpecError({ code: "BAD_SEARCH", message: "The search cannot be read", got: issue!.message, where: place });
}

function noBudget(got: string): SpecError {
  return new SpecError({
    code: "NO_BUDGET",
    message: "The sweep may run no point",
    expected: "maxPoints of 1 or more",
    got,
    where: "maxPoints",
  });
}
