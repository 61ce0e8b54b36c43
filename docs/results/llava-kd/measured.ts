export interface MeasuredRun {
  /** Name of the sweep's file. */
  sweep: string;
  /** What the run has that others of the sweep have not: "scheme PT-SFT-DFT". */
  point: string;
  seed: number;
  /** VQA accuracy in [0, 1] by condition: full, image-blanked. */
  scores: Record<string, number>;
}

export interface StageTime {
  kind: string;
  seconds: number;
}

/** As collect.ts writes it. */
export interface Measured {
  runs: MeasuredRun[];
  /** Stages of all runs, as if nothing were shared. */
  numPlannedStages: number;
  numExecutedStages: number;
  stages: { kind: string; count: number; medianSeconds: number }[];
}
