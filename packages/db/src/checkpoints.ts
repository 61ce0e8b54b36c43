import type { Fence } from "./fence.ts";

export interface CheckpointRow {
  stageId: string;
  step: number;
  attempt: number;
  sha256: string;
  sizeBytes: number;
  createdAt: Date;
}

export interface Checkpoints {
  /** Records the newest state and drops the older rows. @returns contents that no row names any more, for the store to delete. @throws LostLeaseError */
  record(
    fence: Fence,
    checkpoint: { step: number; sha256: string; sizeBytes: number },
  ): Promise<{ unreferenced: string[] }>;
  latest(stageId: string): Promise<CheckpointRow | null>;
}
