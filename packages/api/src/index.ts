export { type Api, createApi } from "./api.ts";
export { type Principal, sessionCookie } from "./auth.ts";
export { createContext, type Services } from "./context.ts";
export type { ApiKey } from "./contract/api-key.ts";
export type { Artifact } from "./contract/artifact.ts";
export type { Clock } from "./contract/clock.ts";
export type { Comparison, ComparisonRequest } from "./contract/comparison.ts";
export type { Cost } from "./contract/cost.ts";
export type { ErrorView } from "./contract/error.ts";
export type { Evaluation, EvaluationSample, SampleFacet } from "./contract/evaluation.ts";
export type { Failure } from "./contract/failure.ts";
export type { Leaderboard, LeaderboardMatrix, LeaderboardRow, MeasuredRecipe } from "./contract/leaderboard.ts";
export type { Overview } from "./contract/overview.ts";
export type { Project } from "./contract/project.ts";
export type { Queue, QueuedStage, QueuePlace } from "./contract/queue.ts";
export type { Headline, Recipe, RecipeSummary } from "./contract/recipe.ts";
export type { Run, RunPreview, RunStatus, RunSummary, StageDifference } from "./contract/run.ts";
export type {
  Attempt,
  LogLine,
  MetricPoint,
  NearStage,
  Progress,
  Series,
  Stage,
  StageComparison,
  StageEvent,
  StageStatus,
} from "./contract/stage.ts";
export type {
  Sweep,
  SweepDag,
  SweepExport,
  SweepFailures,
  SweepImportance,
  SweepPreview,
  SweepRequest,
  SweepStatus,
  SweepSummary,
  Trial,
  TrialCounts,
  TrialStatus,
} from "./contract/sweep.ts";
export type { ListedWorker, Worker, WorkerDetail, WorkerSample } from "./contract/worker.ts";
export { type ApiEnv, readEnv } from "./env.ts";
export { type AppRouter, appRouter } from "./root.ts";
