import type { z } from "zod";
import type { StageSpec } from "../stages/stage.ts";

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
  value: number;
  source: string;
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
  stages(params: P, seed: number): StageSpec[];
}
