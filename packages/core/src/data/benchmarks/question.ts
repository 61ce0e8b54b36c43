import type { ImageSource, SkippedRecord } from "../dataset.ts";

/** Adapter name of benchmarks among data references. */
export const BENCHMARK_DATA = "benchmarks";

/** One question of a benchmark, ready to be asked. */
export interface BenchmarkQuestion<Truth = unknown> {
  /** Unique within the benchmark. */
  questionId: string;
  /** Questions about one picture, or rotations of one question, share it: errors are clustered by it. */
  clusterId: string;
  /** Pictures that stand before the prompt; none for a question of text alone. */
  images: readonly ImageSource[];
  /** The question with its options. */
  question: string;
  /** How the answer is to be given, as LLaVA asks for it; "" for none. */
  suffix: string;
  /** Split, task or subject, where scores are reported by it. */
  category: string | null;
  /** What the scorer compares with; null when the file does not tell. */
  truth: Truth | null;
  /** What the submission file names the question by. */
  fields: Readonly<Record<string, unknown>>;
}

export interface LoadedBenchmark<Truth = unknown> {
  questions: readonly BenchmarkQuestion<Truth>[];
  skipped: readonly SkippedRecord[];
}

/** What each benchmark's scorer compares an answer with. */
export interface BenchmarkTruths {
  vqav2: { answers: readonly string[]; questionType: string; answerType: string };
  gqa: { answer: string };
  vizwiz: { answers: readonly string[] };
  textvqa: { answers: readonly string[] };
  scienceqa: { answer: number; numChoices: number };
  pope: { label: "yes" | "no" };
  mme: { label: string };
  /** rotation 0 is the order in which the options were published. */
  mmbench: { answer: string; rotation: number };
  "mmbench-cn": { answer: string; rotation: number };
  mmmu: { answers: readonly string[] };
}

export type BenchmarkName = keyof BenchmarkTruths;

export const shortAnswer = "Answer the question using a single word or phrase.";
export const optionLetter = "Answer with the option's letter from the given choices directly.";
export const optionLetterChinese = "请直接回答选项字母。";
