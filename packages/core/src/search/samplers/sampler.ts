import type { z } from "zod";
import type { Layout } from "../layout.ts";
import type { Point } from "../space.ts";
import type { Mode, Trial } from "../trial.ts";

/** What a sampler may look at. All of it is plain data, so that one transaction can read it, ask, and write points and state. */
export interface SamplerContext<P> {
  layout: Layout;
  params: P;
  /** Of the sweep; decides every draw. */
  seed: number;
  mode: Mode;
  /** Every trial of the sweep so far, the unfinished among them, by trial number. */
  history: readonly Trial[];
}

export interface Asked<S> {
  /** Points that the history does not have, each other than the rest; fewer than asked for only when exhausted. */
  points: Point[];
  state: S;
  /** The space has no further point. */
  exhausted: boolean;
}

/** Turns a space and what is known of it into points. Pure: equal input, equal answer; whatever it remembers is its state. */
export interface SamplerDefinition<P = unknown, S = unknown> {
  title: string;
  summary: string;
  /** A strict object; every field described and with a default. */
  params: z.ZodType<P>;
  /** JSON, stored with the sweep. */
  state: z.ZodType<S>;
  start: S;
  /**
   * The next points, at most `count`.
   * @throws SpecError NO_FEASIBLE_POINT when draws find none that the constraints allow
   */
  ask(context: SamplerContext<P>, state: S, count: number): Asked<S>;
}

/** Declares a sampler; `ask` is typed by its schemas. */
export function defineSampler<P, S>(definition: SamplerDefinition<P, S>): SamplerDefinition<P, S> {
  return definition;
}
