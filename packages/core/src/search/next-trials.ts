import type { Layout } from "./layout.ts";
import { pointKey } from "./point.ts";
import { samplers } from "./samplers/index.ts";
import type { SamplerDefinition } from "./samplers/sampler.ts";
import type { Search } from "./search.ts";
import type { Point } from "./space.ts";
import type { Trial } from "./trial.ts";

/** A trial with what tells replicates apart. */
export interface SeededTrial extends Trial {
  key: string;
  seed: number;
}

/** One run that a sweep wants next. */
export interface WantedTrial {
  point: Point;
  key: string;
  seed: number;
}

export interface NextTrials {
  trials: WantedTrial[];
  /** Of the sampler, for the next call. */
  state: unknown;
  /** Nothing is left to ask for, now or later: every point of the budget has all of its seeds. */
  done: boolean;
}

/**
 * What a sweep runs next, at most `room` trials: first the seeds that its points still lack, then new points. Pure, so that
 * whoever asks under a lock on the sweep and writes trials and state together gets every point and seed once.
 * @throws SpecError NO_FEASIBLE_POINT when the sampler finds no point that the constraints allow
 */
export function nextTrials(options: {
  search: Search;
  layout: Layout;
  state: unknown;
  history: readonly SeededTrial[];
  room: number;
}): NextTrials {
  const { search, history, room } = options;
  const { seeds } = search.space;
  const known = new Map<string, { point: Point; seeds: Set<number> }>();
  for (const { key, point, seed } of history) {
    const entry = known.get(key) ?? { point, seeds: new Set() };
    entry.seeds.add(seed);
    known.set(key, entry);
  }
  const lacking = [...known].flatMap(([key, entry]) =>
    seeds.filter((seed) => !entry.seeds.has(seed)).map((seed) => ({ point: entry.point, key, seed })),
  );
  const left = Math.max(0, room - lacking.length);
  const budget = (search.maxPoints ?? Number.POSITIVE_INFINITY) - known.size;
  const count = Math.max(0, Math.min(Math.ceil(left / seeds.length), budget));
  const asked = ask(options, count);
  const fresh = asked.points.flatMap((point) => {
    const key = pointKey(point);
    return seeds.map((seed) => ({ point, key, seed }));
  });
  const wanted = [...lacking, ...fresh];
  const isBudgetUsed = asked.exhausted || asked.points.length === budget;
  return { trials: wanted.slice(0, room), state: asked.state, done: isBudgetUsed && wanted.length <= room };
}

function ask(
  { search, layout, state, history }: { search: Search; layout: Layout; state: unknown; history: readonly Trial[] },
  count: number,
): { points: Point[]; state: unknown; exhausted: boolean } {
  if (count === 0) return { points: [], state, exhausted: false };
  const sampler: SamplerDefinition = samplers[search.sampler.kind];
  const context = { layout, params: search.sampler.params, seed: search.seed, mode: search.mode, history };
  return sampler.ask(context, sampler.state.parse(state ?? sampler.start), count);
}

/** Trials under way at most, where a sweep does not say: a sampler that learns is to see results between its points. */
export function defaultConcurrency({ sampler }: Pick<Search, "sampler">): number | null {
  return sampler.kind === "tpe" ? 4 : null;
}
