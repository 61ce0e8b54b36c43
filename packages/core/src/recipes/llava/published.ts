import { type PublishedRow, publishedFraction } from "../recipe.ts";
import { publishedBenchmarks, publishedTable } from "./published-table.ts";

const mainTable = "LLaVA-KD, arXiv 2410.16236, main table (TinyLLaVA: the authors' reruns)";
const ablations = "LLaVA-KD, arXiv 2410.16236, ablations with Qwen1.5-0.5B, as notes on the paper quote them";

const schemes: Readonly<Record<string, number>> = {
  "PT-SFT": 54.7,
  "DPT-SFT": 55.6,
  "PT-DFT": 55.8,
  "DPT-DFT": 55.9,
  "PT-SFT-DFT": 56.6,
  "DPT-SFT-DFT": 57.9,
  "DPT-DFT-DFT": 58.0,
};

const targets: Readonly<Record<string, number>> = {
  "DPT with response targets, then SFT": 54.9,
  "DPT with response and visual targets, then SFT": 55.1,
  "DFT with response targets": 57.2,
  "DFT with response and visual targets": 57.7,
};

/** Evaluations put the averages under this name, beside those of the benchmarks. */
const averages = "benchmarks";

const published = (
  label: string,
  { dataset, metric, percent, source }: { dataset: string; metric: string; percent: number | null; source: string },
): PublishedRow[] => (percent === null ? [] : [{ label, dataset, metric, value: publishedFraction(percent), source }]);

/** As evaluations name what they measure: a benchmark's `benchmarkScore`, and the averages that have all their benchmarks. */
const models = Object.entries(publishedTable).flatMap(([label, { scores, avg7, avg10 }]) => [
  ...published(label, { dataset: averages, metric: "avg10", percent: avg10, source: mainTable }),
  ...published(label, { dataset: averages, metric: "avg7", percent: avg7, source: mainTable }),
  ...publishedBenchmarks.flatMap((dataset, at) =>
    published(label, { dataset, metric: "benchmarkScore", percent: scores[at] ?? null, source: mainTable }),
  ),
]);

const ablation = (table: Readonly<Record<string, number>>): PublishedRow[] =>
  Object.entries(table).flatMap(([label, percent]) =>
    published(label, { dataset: averages, metric: "avg10", percent, source: ablations }),
  );

/**
 * The paper's numbers: other data, models a thousand times larger; they stand beside measured rows, never among them. Its ablations
 * come first, since they are what the recipe's sweeps repeat.
 */
export const llavaKdPublished: readonly PublishedRow[] = [...ablation(schemes), ...ablation(targets), ...models];
