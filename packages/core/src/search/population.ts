import { z } from "zod";
import type { Json } from "../base/canonical-json.ts";
import { Rng } from "../base/rng.ts";
import { unitRange, valueAtUnit } from "./domain.ts";
import { decisionOf, isAllowed, type Layout, type Leaf, pointOf } from "./layout.ts";
import type { Point } from "./space.ts";
import { advantage, type Mode, numberAt, type Trial } from "./trial.ts";

export const populationParams = z.strictObject({
  everySteps: z.int().min(1).default(100).describe("Steps between two comparisons of the members"),
  share: z
    .number()
    .gt(0)
    .max(0.5)
    .default(0.2)
    .describe("The worst of this share copy one of the best of the same share"),
  perturbation: z.number().gt(0).lt(1).default(0.2).describe("How far a copied number moves, as a share of its range"),
  resample: z.number().min(0).max(1).default(0.25).describe("Chance that a copied parameter is drawn anew instead"),
});

export type PopulationDecision =
  | { action: "continue" }
  /** Go on from the source's checkpoint at this step, with the point. */
  | { action: "exploit"; source: number; step: number; point: Point };

export interface PopulationStep {
  layout: Layout;
  params: z.infer<typeof populationParams>;
  mode: Mode;
  seed: number;
  /** The member that has reached the step. */
  trial: number;
  step: number;
  /** Members with their values at the step; those without one are not compared. */
  population: readonly Trial[];
}

/** New draws of a point before constraints are taken to refuse all, and the source's point is kept. */
const maxDraws = 100;

/**
 * Population-based training's decision for one member at one step: a member among the worst copies the weights of one of the
 * best (exploit) and goes on with a changed point (explore). Pure: seed, member and step decide every draw.
 * Source: Jaderberg et al. 2017, "Population Based Training of Neural Networks", truncation selection.
 */
export function populationStep({
  layout,
  params,
  mode,
  seed,
  trial,
  step,
  population,
}: PopulationStep): PopulationDecision {
  const ranked = population
    .flatMap((member) => {
      const value = numberAt(member, step);
      return value === null ? [] : [{ member, value }];
    })
    .sort((a, b) => -advantage(a.value, b.value, mode) || a.member.trial - b.member.trial);
  const numMoving = Math.floor(params.share * ranked.length);
  const best = ranked.slice(0, numMoving);
  const isAmongWorst = ranked.slice(ranked.length - numMoving).some(({ member }) => member.trial === trial);
  if (best.length === 0 || !isAmongWorst) return { action: "continue" };
  const rng = Rng.fromSeed(seed).stream(`population/${trial}/${step}`);
  const { member } = rng.pick(best);
  return {
    action: "exploit",
    source: member.trial,
    step,
    point: explore({ layout, params, rng, point: member.point }),
  };
}

interface Exploration {
  layout: Layout;
  params: z.infer<typeof populationParams>;
  rng: Rng;
  point: Point;
}

/** A point near another: numbers move up or down within bounds, choices stay or are drawn anew. */
function explore({ layout, params, rng, point }: Exploration): Point {
  for (let draw = 0; draw < maxDraws; draw++) {
    const next = pointOf(layout, (leaf) => moved(leaf, decisionOf(leaf, point), { params, rng }));
    if (isAllowed(layout, next)) return next;
  }
  return point;
}

function moved(
  { domain }: Leaf,
  decision: Json | undefined,
  { params, rng }: Pick<Exploration, "params" | "rng">,
): Json {
  if (decision === undefined || rng.uniform() < params.resample) return valueAtUnit(domain, rng.uniform());
  if (domain.kind === "categorical" || typeof decision !== "number") return decision;
  const { low, high } = unitRange(domain, decision);
  const sign = rng.uniform() < 0.5 ? -1 : 1;
  // Half open, as valueAtUnit() asks.
  return valueAtUnit(domain, Math.min(1 - 2 ** -53, Math.max(0, (low + high) / 2 + sign * params.perturbation)));
}
