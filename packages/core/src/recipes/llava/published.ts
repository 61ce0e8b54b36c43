import { type PublishedRow, publishedFraction } from "../recipe.ts";

const mainTable = "LLaVA-KD, arXiv 2410.16236, main table (mean of its ten benchmarks)";
const ablations = "LLaVA-KD, arXiv 2410.16236, ablations with Qwen1.5-0.5B, as notes on the paper quote them";

/** Mean over VQAv2, GQA, VizWiz, ScienceQA, TextVQA, MME, MMBench, MMBench-CN, POPE and MMMU, in percent. */
const models: Readonly<Record<string, number>> = {
  "LLaVA-1.5-7B": 63.4,
  "TinyLLaVA Qwen1.5-4B (teacher)": 65.0,
  "TinyLLaVA Qwen2.5-3B (teacher)": 66.2,
  "TinyLLaVA Qwen2.5-1.5B": 64.0,
  "TinyLLaVA Qwen1.5-1.8B": 56.8,
  "LLaVA-KD Qwen2.5-1.5B": 65.0,
  "LLaVA-KD Qwen1.5-1.8B": 62.1,
  "TinyLLaVA Qwen2.5-0.5B": 56.5,
  "TinyLLaVA Qwen1.5-0.5B": 54.7,
  "LLaVA-KD Qwen2.5-0.5B": 58.9,
  "LLaVA-KD Qwen1.5-0.5B": 57.9,
};

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

const rows = (table: Readonly<Record<string, number>>, source: string): PublishedRow[] =>
  Object.entries(table).map(([label, percent]) => ({
    label,
    dataset: "ten benchmarks",
    metric: "avg10",
    value: publishedFraction(percent),
    source,
  }));

/** The paper's numbers: other data, models a thousand times larger; they stand beside measured rows, never among them. */
export const llavaKdPublished: readonly PublishedRow[] = [
  ...rows(models, mainTable),
  ...rows(schemes, ablations),
  ...rows(targets, ablations),
];
