export { canonicalJson, type Json } from "./base/canonical-json.ts";
export { withDefaultVariants } from "./base/default-variants.ts";
export { DataError, SpecError, StoppedError } from "./base/errors.ts";
export { groupBy } from "./base/group-by.ts";
export { sha256Bytes, sha256Hex } from "./base/hash.ts";
export { Rng, type RngState } from "./base/rng.ts";
export {
  type BudgetedKind,
  classify,
  type Failure,
  type FailureKind,
  failureKinds,
  failureSchema,
  isTakedown,
  quarantineFailure,
  quarantineFix,
  type RetryBudget,
  type RetryDecision,
  retryBudgets,
  retryDecision,
  saysOutOfMemory,
  takedownLimit,
} from "./experiment/failure.ts";
export {
  configKey,
  contentKey,
  diffKeyParts,
  engineNumerics,
  type KeyDifference,
  type KeyParts,
} from "./experiment/key.ts";
export {
  type CheckpointReference,
  dataKey,
  type Fingerprints,
  learnFacts,
  type ParsedRun,
  type PlanFacts,
  type PlannedInput,
  type PlannedStage,
  type PlanSources,
  parseParams,
  parseRun,
  planRun,
  planStages,
  type RunRequest,
  requiredData,
  type StageVariant,
  type StageVariants,
} from "./experiment/plan.ts";
export {
  canBecome,
  isFinished,
  type RunStatus,
  runStatus,
  runStatuses,
  type StageStatus,
  type SweepStatus,
  stageStatuses,
  stageTransitions,
  sweepStatuses,
} from "./experiment/status.ts";
export { type RecipeName, recipes } from "./recipes/index.ts";
export type { Headline, PublishedRow, RecipeDefinition, RecipeSweep } from "./recipes/recipe.ts";
export { countPoints, type PointCount } from "./search/expand.ts";
export { columnsOf, type Layout, labelsOf, layoutOf } from "./search/layout.ts";
export {
  defaultConcurrency,
  type NextTrials,
  nextTrials,
  type SeededTrial,
  type WantedTrial,
} from "./search/next-trials.ts";
export { type Objective, objective, type Watch, watch } from "./search/objective.ts";
export { flatPoint, pointKey, withPoint } from "./search/point.ts";
export { populationParams, populationStep } from "./search/population.ts";
export { type PrunerName, pruners } from "./search/pruners/index.ts";
export type { PrunerDecision, PrunerDefinition } from "./search/pruners/pruner.ts";
export { rungResources } from "./search/pruners/rungs.ts";
export { type SamplerName, samplers } from "./search/samplers/index.ts";
export { checkSearch, needsWatch, type Search, type SearchInput, search } from "./search/search.ts";
export type { Point, SearchSpace, SearchSpaceInput } from "./search/space.ts";
export {
  type Intermediate,
  type Mode,
  observationsOf,
  type Trial,
  type TrialStatus,
  trialStatuses,
} from "./search/trial.ts";
export { isStageKind, type StageKind, type StageParams, stageDefinitions, stages } from "./stages/index.ts";
export type {
  DataReference,
  EarlierStage,
  EvaluationResult,
  EvaluationSample,
  LogLevel,
  Resources,
  StageContext,
  StageDefinition,
  StageInput,
  StageRun,
  StageSpec,
} from "./stages/stage.ts";
export { finerAccumulate } from "./train/micro-batch.ts";
