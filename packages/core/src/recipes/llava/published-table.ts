/** Columns of LLaVA-KD's main table, as evaluations name the benchmarks; its last two are Avg7 and Avg10. */
export const publishedBenchmarks = [
  ...(["vqav2", "gqa", "vizwiz", "scienceqa", "textvqa"] as const),
  ...(["mme", "mmbench", "mmbench-cn", "pope", "mmmu"] as const),
] as const;

type Cell = number | null;

export interface PublishedScores {
  /** Percent, one a benchmark; null where the table has none. MME is the perception score of 2,000 as a percentage. */
  scores: readonly Cell[];
  avg7: Cell;
  avg10: Cell;
}

const row = (scores: readonly Cell[], avg7: Cell = null, avg10: Cell = null): PublishedScores => ({
  scores,
  avg7,
  avg10,
});

/**
 * LLaVA-KD's main table. Source: arXiv 2410.16236, as the picture of it in the authors' repository shows it. TinyLLaVA's rows are
 * the authors' own reruns.
 */
export const publishedTable: Readonly<Record<string, PublishedScores>> = {
  "LLaVA-1.5-7B": row([78.5, 62.0, 50.0, 66.8, 58.2, 75.5, 64.3, 58.3, 85.9, 34.4], 62.2, 63.4),
  "TinyLLaVA Qwen1.5-4B (teacher)": row([79.9, 63.4, 46.3, 72.9, 59.0, 69.3, 67.9, 67.1, 85.2, 38.9], 63.7, 65.0),
  "TinyLLaVA Qwen2.5-3B (teacher)": row([80.4, 63.2, 38.7, 76.0, 61.5, 73.9, 71.8, 69.5, 86.4, 40.3], 64.9, 66.2),
  "Imp-3B (Phi2)": row([null, 63.5, 54.1, 72.8, 59.8, null, 72.9, 46.7, null, null]),
  "MobileVLM-2.7B": row([null, 59.0, null, 61.0, 47.5, 64.4, 59.6, null, 84.9, null]),
  "LLaVADI-2.7B": row([null, 61.4, null, 64.1, 50.7, 68.8, 62.5, null, 86.7, null]),
  "Imp-2B": row([79.2, 61.9, 39.6, 66.1, 54.5, 65.2, 63.8, 61.3, 86.7, null], 58.9),
  "Bunny-2B": row([76.6, 59.6, 34.2, 64.6, 53.2, 65.0, 59.1, 58.5, 85.8, null], 56.3),
  "Mini-Gemini-2B": row([null, 60.7, 41.5, 63.1, 56.2, 67.0, 59.8, 51.3, 85.6, 31.7], 57.1),
  "MoE-LLaVA-2B": row([76.2, 61.5, 32.6, 63.1, 48.0, 64.6, 59.7, 57.3, 87.0, null], 55.3),
  "TinyLLaVA Qwen2.5-1.5B": row([78.8, 62.0, 43.2, 72.0, 57.4, 72.5, 68.6, 63.0, 85.5, 37.0], 62.7, 64.0),
  "TinyLLaVA Qwen1.5-1.8B": row([73.1, 55.5, 34.9, 65.3, 47.7, 61.2, 57.1, 55.5, 83.4, 34.1], 53.9, 56.8),
  "LLaVA-MoD 1.8B (5M)": row([null, 58.7, 39.2, 68.0, 58.5, 66.7, 66.3, 61.9, 87.0, null], 59.9),
  "LLaVA-KD Qwen1.5-1.8B": row([79.0, 62.3, 44.7, 64.7, 53.4, 69.1, 64.0, 63.7, 86.3, 33.6], 60.3, 62.1),
  "LLaVA-KD Qwen2.5-1.5B": row([80.3, 62.5, 46.0, 71.6, 59.7, 70.0, 71.0, 66.6, 86.7, 35.8], 63.9, 65.0),
  "SPHINX-Tiny": row([74.7, 58.0, 49.2, 21.5, 57.8, 63.1, 52.3, 56.6, 82.2, null], 51.2),
  "TinyLLaVA Qwen1.5-0.5B": row([73.9, 57.4, 24.9, 60.9, 47.4, 59.8, 55.0, 52.4, 83.7, 31.6], 51.1, 54.7),
  "TinyLLaVA Qwen2.5-0.5B": row([74.8, 58.3, 28.9, 59.1, 49.2, 61.5, 58.9, 54.2, 86.1, 33.6], 52.9, 56.5),
  "LLaVADI-1.4B": row([null, 55.4, null, 56.0, 45.3, 58.9, 55.0, null, 84.7, null]),
  "LLaVA-MoD 0.5B": row([null, 56.2, 31.6, 62.8, 53.9, 65.3, 58.8, 50.4, null, null], 54.1),
  "LLaVA-KD Qwen1.5-0.5B": row([77.0, 59.6, 35.9, 60.6, 49.9, 64.5, 60.1, 55.5, 85.9, 30.2], 55.2, 57.9),
  "LLaVA-KD Qwen2.5-0.5B": row([77.7, 59.8, 41.5, 60.6, 52.0, 64.7, 61.3, 57.0, 86.4, 28.3], 56.7, 58.9),
};
