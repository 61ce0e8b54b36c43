export type { ArtifactInput, ArtifactRow, Artifacts } from "./artifacts.ts";
export type { AttemptRow, AttemptStatus, Attempts } from "./attempts.ts";
export type { ApiKeyRow, Auth, SessionRow } from "./auth.ts";
export { type CheckpointRow, type Checkpoints, checkpointsKept } from "./checkpoints.ts";
export type { Cost, Costs } from "./costs.ts";
export { createDatabase, type Database, type DatabaseOptions } from "./database.ts";
export type { TakingProject } from "./earlier-stage.ts";
export { ConflictError, LostLeaseError, NotFoundError } from "./errors.ts";
export type {
  EvaluationChoice,
  EvaluationInput,
  EvaluationRow,
  EvaluationSampleRow,
  Evaluations,
  MeasuredRun,
  SampleFacet,
  SampleQuery,
  SampleScore,
} from "./evaluations.ts";
export type { DatabaseEvent, EventListener, Events } from "./events.ts";
export type { Fence } from "./fence.ts";
export type { Leaderboard, LeaderboardCell, LeaderboardRow } from "./leaderboard.ts";
export type { LogLineInput, LogLineRow, Logs } from "./logs.ts";
export type {
  LatestMetric,
  MetricCursor,
  MetricPoint,
  Metrics,
  MetricsAfter,
  SeriesBucket,
} from "./metrics.ts";
export { type MigrateOptions, migrate } from "./migrate.ts";
export { MigrationError } from "./migration-error.ts";
export type { Outbox, OutboxMessage } from "./outbox.ts";
export type { ProjectRow, Projects } from "./projects.ts";
export type { StageDifference } from "./run-compare.ts";
export type { RunDetail, RunError, RunInput, RunListItem, RunQuery, RunRow, RunStageRow, Runs } from "./runs.ts";
export type { Success } from "./stage-end.ts";
export type { LinePlace, StageInLine, StageLine } from "./stage-line.ts";
export { waitingReason } from "./stage-waiting.ts";
export type { Capabilities, ClaimedStage, StageProgress, StageRow, Stages } from "./stages.ts";
export type { Fingerprint } from "./sweep-ask.ts";
export type { SweepExtension } from "./sweep-control.ts";
export type { SweepQuery, SweepRow } from "./sweep-rows.ts";
export type { FinishedStage, SweepCost, SweepRunDetail, SweepStageRow } from "./sweep-stages.ts";
export type { TrialRow } from "./sweep-trials.ts";
export type { SweepInput, Sweeps } from "./sweeps.ts";
export type { GpuSample, WorkerSample, WorkerSamples } from "./worker-samples.ts";
export type { CodeState, WorkerEnvironment, WorkerInput, WorkerRow, WorkerStatus, Workers } from "./workers.ts";
