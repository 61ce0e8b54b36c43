export type WorkerStatus = "online" | "draining" | "gone";

export interface WorkerInput {
  name: string;
  host: string;
  pid: number;
  /** Execution providers that really load: "cpu", "cuda". */
  devices: readonly string[];
  threads: number;
  memoryBytes: number;
}

export interface WorkerRow {
  id: string;
  name: string;
  host: string;
  pid: number;
  devices: string[];
  threads: number;
  memoryBytes: number;
  status: WorkerStatus;
  startedAt: Date;
  heartbeatAt: Date;
  /** Stages that it runs now. */
  stageIds: string[];
}

export interface Workers {
  register(worker: WorkerInput): Promise<{ id: string }>;
  /** Also brings a worker back that was marked gone by mistake. */
  heartbeat(id: string, status?: "online" | "draining"): Promise<void>;
  /** Online and draining ones first, then those gone within the last day. */
  list(): Promise<WorkerRow[]>;
  /** A worker that ends says so; others are marked by markGone(). */
  leave(id: string): Promise<void>;
  /** Marks workers that have been silent for so long. @returns their ids */
  markGone(options: { silentMs: number }): Promise<string[]>;
}
