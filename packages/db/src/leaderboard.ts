export interface LeaderboardRow {
  configKey: string;
  recipe: string;
  params: Record<string, unknown>;
  dataset: string;
  split: string;
  condition: string;
  metric: string;
  /** Number of seeds; a seed that was launched twice counts once. */
  n: number;
  mean: number;
  /** Sample standard deviation (n - 1); null for one seed. */
  std: number | null;
  min: number;
  max: number;
  seeds: number[];
  /** One run a seed, the newest that has it, in the order of `seeds`. */
  runIds: string[];
  runName: string;
  numSamples: number;
}

export interface Leaderboard {
  /** One row per (configKey, dataset, split, condition); by dataset, split, condition, then highest mean. Cancelled runs do not count. */
  rows(query: { recipe: string; metric: string; projectId?: string; dataset?: string }): Promise<LeaderboardRow[]>;
}
