import { z } from "zod";
import { Rng } from "../../base/rng.ts";
import { isAllowed } from "../layout.ts";
import { pointKey } from "../point.ts";
import type { Point } from "../space.ts";
import { advantage, isNumber, type Mode, type Observation, observationsOf } from "../trial.ts";
import { ParzenEstimator } from "./parzen.ts";
import { randomPoint } from "./random.ts";
import { defineSampler, type SamplerContext } from "./sampler.ts";

/** Draws of a candidate before the constraints are taken to refuse it. */
const maxDraws = 20;

const tpeParams = z.strictObject({
  numStartup: z.int().min(1).max(10_000).default(10).describe("Random points before the model is trusted"),
  numCandidates: z.int().min(1).max(10_000).default(24).describe("Draws from the good ones of which the best is taken"),
  goodShare: z.number().gt(0).lt(1).default(0.1).describe("Share of the observations that count as good (gamma)"),
  maxGood: z.int().min(1).max(10_000).default(25).describe("At most so many count as good"),
  priorWeight: z.number().positive().default(1).describe("Weight of the wide prior, in observations"),
});
type TpeParams = z.infer<typeof tpeParams>;

/**
 * Tree-structured Parzen estimator, multivariate: two densities, of good points and of all others; of candidates drawn from
 * the first the one where it exceeds the second most. Points that are under way count as bad (constant liar), so that parallel
 * workers spread out; failed ones too. Source: Bergstra et al. 2011; see ParzenEstimator.
 */
export const tpe = defineSampler({
  title: "TPE",
  summary:
    "Learns from finished trials where good values lie (tree-structured Parzen estimator), all parameters together.",
  params: tpeParams,
  state: z.strictObject({ asked: z.int().nonnegative() }),
  start: { asked: 0 },
  ask(context, { asked }, count) {
    const observations = observationsOf(context.history);
    const taken = new Set(observations.map(({ key }) => key));
    const points: Point[] = [];
    for (let number = asked; points.length < count; number++) {
      const point = suggest(context, { observations, taken, number }) ?? randomPoint(context, taken, number);
      if (point === null) return { points, state: { asked: number }, exhausted: true };
      const key = pointKey(point);
      taken.add(key);
      observations.push({ point, key, state: "pending", value: null, step: 0 });
      points.push(point);
    }
    return { points, state: { asked: asked + count }, exhausted: false };
  },
});

interface Known {
  observations: readonly Observation[];
  taken: ReadonlySet<string>;
  number: number;
}

/** Null while too little is known, or when no candidate is new and allowed. */
function suggest(
  { layout, params, seed, mode }: SamplerContext<TpeParams>,
  { observations, taken, number }: Known,
): Point | null {
  const { good, bad } = split(observations, params, mode);
  if (observations.filter(({ value }) => value !== null).length < params.numStartup) return null;
  const { priorWeight } = params;
  const likely = new ParzenEstimator({ layout, points: good, priorWeight });
  const unlikely = new ParzenEstimator({ layout, points: bad, priorWeight });
  const rng = Rng.fromSeed(seed).stream(`tpe/${number}`);
  let best: { point: Point; gain: number } | null = null;
  for (let candidate = 0; candidate < params.numCandidates; candidate++) {
    for (let draw = 0; draw < maxDraws; draw++) {
      const point = likely.sample(rng);
      if (!isAllowed(layout, point) || taken.has(pointKey(point))) continue;
      const gain = likely.logDensity(point) - unlikely.logDensity(point);
      if (best === null || gain > best.gain) best = { point, gain };
      break;
    }
  }
  return best?.point ?? null;
}

/** Good and bad points, each in order of their trials. Ranked: finished by value, pruned by how far they came, the rest. */
function split(
  observations: readonly Observation[],
  { goodShare, maxGood }: TpeParams,
  mode: Mode,
): Record<"good" | "bad", Point[]> {
  const ranked = observations.filter(({ value }) => isNumber(value)).sort((a, b) => rank(a, b, mode));
  const numKnown = observations.filter(({ state }) => state !== "pending").length;
  const good = new Set(ranked.slice(0, Math.min(maxGood, Math.ceil(goodShare * numKnown))));
  const pointsOf = (wanted: boolean) =>
    observations.filter((each) => good.has(each) === wanted).map(({ point }) => point);
  return { good: pointsOf(true), bad: pointsOf(false) };
}

function rank(a: Observation, b: Observation, mode: Mode): number {
  if (a.state !== b.state) return a.state === "finished" ? -1 : 1;
  return b.step - a.step || -advantage(a.value!, b.value!, mode);
}
