import type { z } from "zod";
import type { DataReference } from "../data/choice.ts";

export type { DataReference };

/** What a stage asks of a worker. */
export interface Resources {
  /** Execution provider by the engine's name: "cpu", "cuda", "webgpu", "dml", "coreml". */
  device: string;
  threads: number;
  memoryBytes: number;
}

/** An artifact as one stage of a recipe names another's output. */
export interface StageInput {
  stage: string;
  artifact: string;
}

/** A stage to execute, if nobody has. `params` has been parsed by the kind's schema. */
export interface StageSpec {
  /** Unique within the run, kebab-case: "sft", "evaluate-blanked". */
  name: string;
  kind: string;
  params: Record<string, unknown>;
  inputs: Record<string, StageInput>;
  seed: number;
}

/** A finished stage of an earlier run, taken as it is: the run lists it among its own stages and executes nothing. */
export interface EarlierStage {
  /** Its name in the run that takes it, unique there: "teacher". */
  name: string;
  /** Id of the earlier run. */
  run: string;
  /** Its name in the earlier run; null for the last one there that leaves the artifact. */
  stage: string | null;
  /** The output that is wanted of it. */
  artifact: string;
  /** Path of the parameter that names it, for complaints: "teacher". */
  param: string;
}

/** A node of a recipe's DAG. */
export type RecipeStage = StageSpec | EarlierStage;

export function isEarlier(stage: RecipeStage): stage is EarlierStage {
  return "run" in stage;
}

/** The browser-safe half of a stage kind; its run() stands in the table of runs [node]. */
export interface StageDefinition<P = unknown> {
  kind: string;
  /** Raised whenever the same params would give other results: part of the content key. */
  version: number;
  title: string;
  params: z.ZodType<P>;
  /**
   * It computes little and never calls ONNX Runtime: it runs within the worker instead of a process of its own, in milliseconds, and
   * takes no share of the machine.
   */
  light?: true;
  /** Named artifacts that this stage needs, or, if optional, can use. */
  inputs: Record<string, { description: string; optional?: true }>;
  /**
   * Named artifacts that this stage leaves, or, if optional, may leave: no other stage can ask for one of those. One that
   * `hasParts` is a whole vision-language model (models/llava/model-file.ts), to be exported part by part.
   */
  outputs: Record<string, { description: string; optional?: true; hasParts?: true }>;
  resources(params: P): Resources;
  /**
   * Examples of a training step. Given, an attempt that ran out of memory is followed by one with smaller micro-batches: the run cuts its
   * steps into `context.accumulate` of them.
   */
  batchSize?(params: P): number;
  /** The data set that the params point to, for the content key; null when the stage reads no data of its own. */
  data(params: P): DataReference | null;
}

export type LogLevel = "debug" | "info" | "warn" | "error";

/** One question or image that was scored. Kept for every evaluation, since paired tests need them. */
export interface EvaluationSample {
  /** Id in the data set; unique within the evaluation. */
  sampleId: string;
  /** Samples of one image share it: clustered errors need it. */
  clusterId: string;
  /** Higher is better; the protocol's own per-sample score, in [0, 1] for VQA accuracy. */
  score: number;
  /** What a person needs to judge the sample: question, expected, given, category ... */
  detail: Record<string, unknown>;
  /** PNG of the sample's picture; stored once per clusterId as an artifact. Given for the samples worth showing. */
  imagePng?: Uint8Array;
}

export interface EvaluationResult {
  dataset: string;
  split: string;
  /** "full", or the name of a control: "image-blanked". */
  condition: string;
  /** Metric name with unit in its name or a fraction in [0, 1]: { vqaAccuracy: 0.93 }. */
  metrics: Record<string, number>;
  samples: EvaluationSample[];
}

/** What a running stage sees. Everything it reports is fenced by its attempt; a late attempt's reports are refused. */
export interface StageContext<P = unknown> {
  params: P;
  seed: number;
  threads: number;
  device: string;
  /** Micro-batches to cut each training step into: more than 1 after an attempt that ran out of memory. */
  accumulate: number;
  /** Files of the input artifacts, fetched and checked by sha256. */
  inputs: Record<string, string>;
  /** Empty directory for this attempt's files; removed afterwards. */
  workDir: string;
  /** The newest checkpoint of an earlier attempt of this stage, or null at the first start. */
  checkpoint: { step: number; path: string } | null;
  /** Aborted on cancel, on preemption and when the lease is lost. */
  signal: AbortSignal;
  metric(key: string, step: number, value: number): void;
  progress(done: number, total: number, unit: string): void;
  log(level: LogLevel, message: string): void;
  /** Stores the file under the output's name. Resolves when bytes and row are safe. */
  artifact(name: string, path: string, meta?: Record<string, unknown>): Promise<void>;
  /** Stores a resumable state; older checkpoints of the stage are dropped. Resolves when safe. */
  saveCheckpoint(step: number, path: string): Promise<void>;
  evaluation(result: EvaluationResult): Promise<void>;
}

export type StageRun<P = unknown> = (context: StageContext<P>) => Promise<void>;
