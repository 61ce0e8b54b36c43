import type { z } from "zod";
import type { Mode, Trial } from "../trial.ts";

/** What a pruner may look at: plain rows. */
export interface PrunerContext<P> {
  params: P;
  mode: Mode;
  /** The trial in question, with all it has reported. */
  trial: Trial;
  /** Every trial of the sweep by trial number; the one in question may be among them. */
  history: readonly Trial[];
  /** The sweep will still create trials. */
  isOpen: boolean;
}

/** pause: give the worker back and ask again when other trials have reported; the checkpoint is kept. */
export interface PrunerDecision {
  action: "continue" | "pause" | "stop";
  /** One sentence for the run's page. */
  reason: string;
}

/** Decides which trials go on. Pure, so that asking twice, or by two workers, is harmless. */
export interface PrunerDefinition<P = unknown> {
  title: string;
  summary: string;
  /** What it judges by: the metric that the sweep watches, the objective's score of each sample, or nothing. */
  judgesBy: "watched" | "samples" | "nothing";
  /** A strict object; every field described and with a default. */
  params: z.ZodType<P>;
  /** @throws SpecError BAD_PRUNER for params that contradict each other */
  decide(context: PrunerContext<P>): PrunerDecision;
}

/** Declares a pruner; `decide` is typed by its params. */
export function definePruner<P>(definition: PrunerDefinition<P>): PrunerDefinition<P> {
  return definition;
}

/** The other trials of the sweep. */
export function othersOf({ trial, history }: Pick<PrunerContext<unknown>, "trial" | "history">): Trial[] {
  return history.filter((other) => other.trial !== trial.trial);
}

/** The answer to a trial whose last report is no number; null when it is one, or when nothing was reported. */
export function stopIfDiverged({ intermediates }: Trial): PrunerDecision | null {
  const last = intermediates.at(-1);
  if (last === undefined || (last.value !== null && Number.isFinite(last.value))) return null;
  return { action: "stop", reason: `What was reported at step ${last.step} is not a number.` };
}

export function goOn(reason: string): PrunerDecision {
  return { action: "continue", reason };
}
