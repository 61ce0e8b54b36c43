import { objective, populationParams, pruners, samplers, search, watch } from "@retort/core";
import { z } from "zod";
import { sweepRequest } from "../contract/sweep.ts";

type Definitions = Readonly<Record<string, { title: string; summary: string; params: z.ZodType }>>;

/** One of a table, with parameters of its own. */
function choiceOf(definitions: Definitions) {
  const variants = Object.entries(definitions).map(([kind, { title, summary, params }]) =>
    z.strictObject({ kind: z.literal(kind), params: params.prefault({}) }).meta({ title, description: summary }),
  );
  return z.discriminatedUnion("kind", variants as [(typeof variants)[number], ...typeof variants]);
}

const { mode, seed, maxPoints } = search.shape;
const { maxConcurrentRuns, priority } = sweepRequest.shape;

/** How a sweep searches, of what and how much, as one object: forms are made from its JSON Schema. */
const settings = z.strictObject({
  maxPoints,
  mode,
  maxConcurrentRuns,
  priority,
  seed,
  sampler: choiceOf(samplers).prefault({ kind: "grid" }).describe("How points are chosen"),
  pruner: choiceOf(pruners).prefault({ kind: "none" }).describe("How trials are stopped early"),
  watch: watch.nullable().default(null).describe("What pruners and populations look at while a trial runs"),
  objective: objective.nullable().default(null).describe("What trials are compared by; none: the recipe's headline"),
  population: populationParams
    .nullable()
    .default(null)
    .describe("Population-based training: members that copy each other's checkpoints"),
});

export interface SweepSettings {
  /** JSON Schema (2020-12). */
  schema: Record<string, unknown>;
  defaults: Record<string, unknown>;
  /** Pruners that judge by the watched metric, and so need one. */
  watchingPruners: string[];
}

export function sweepSettings(): SweepSettings {
  return {
    schema: z.toJSONSchema(settings, { io: "input", unrepresentable: "any" }) as Record<string, unknown>,
    defaults: settings.parse({}),
    watchingPruners: Object.entries(pruners).flatMap(([name, { judgesBy }]) => (judgesBy === "watched" ? [name] : [])),
  };
}
