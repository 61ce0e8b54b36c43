import type { z } from "zod";
import type { Objective, Watch } from "../search/objective.ts";
import type { SearchInput } from "../search/search.ts";
import type { RecipeStage } from "../stages/stage.ts";

/** The number that ranks the runs of a recipe. */
export interface Headline {
  /** Metric of an evaluation: "vqaAccuracy". */
  metric: string;
  label: string;
  unit: "fraction" | "points";
  higherIsBetter: boolean;
}

/** A row that somebody else published; it stands beside measured rows, marked, and is never mixed with them. */
export interface PublishedRow {
  label: string;
  dataset: string;
  /** Named as evaluations name it: "pixelAp". */
  metric: string;
  value: number;
  source: string;
}

/** A percentage that a source prints, as a fraction: 0.1 % is the sources' precision, dividing would leave longer fractions. */
export function publishedFraction(percent: number): number {
  return Math.round(percent * 10) / 1000;
}

/** A sweep of a recipe that a person launches with one click: an ablation table of a paper, a search that pays off. */
export interface RecipeSweep {
  title: string;
  /** What it varies and what for, in a sentence or two. */
  summary: string;
  /** Parameters that all of its runs share, where they differ from the recipe's defaults. */
  params?: Record<string, unknown>;
  search: SearchInput;
  /** The recipe's headline by default. */
  objective?: Partial<Objective> & Pick<Objective, "metric">;
  watch?: Partial<Watch> & Pick<Watch, "metric" | "mode">;
}

/** A typed template that yields a DAG of stages from parameters. */
export interface RecipeDefinition<P = unknown> {
  name: string;
  title: string;
  summary: string;
  /** Every field has a default and a .describe() text: forms, CLI help and docs are made from it. */
  params: z.ZodType<P>;
  headline: Headline;
  published: readonly PublishedRow[];
  /** By name, kebab-case; they fill the sweep's form and are checked by the table's test. */
  sweeps?: Readonly<Record<string, RecipeSweep>>;
  stages(params: P, seed: number): RecipeStage[];
}
