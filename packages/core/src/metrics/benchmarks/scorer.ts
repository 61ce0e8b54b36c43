import type { BenchmarkQuestion } from "../../data/benchmarks/question.ts";

/** A question with the model's free text. */
export interface Answered<Truth> {
  question: BenchmarkQuestion<Truth>;
  answer: string;
}

/** The same, where the file tells what is right. */
export interface Checkable<Truth> extends Answered<Truth> {
  truth: Truth;
}

export interface SubmissionFile {
  fileName: string;
  contents: string | Uint8Array;
}

/** How a benchmark is scored, and what its server wants to be sent. */
export interface BenchmarkScorer<Truth> {
  /** Of one question, in [0, 1], and what was read out of the answer. */
  score(answered: Checkable<Truth>, seed: number): { score: number; read: string };
  /**
   * `score` is what the table of LLaVA-KD shows, as a fraction; the rest is named by its protocol. A number that sums up tasks
   * is left out, `score` too, when a task is missing.
   */
  metrics(answered: readonly Checkable<Truth>[], seed: number): Readonly<Record<string, number>>;
  /** Tasks of the protocol to which none of the questions belongs; absent where a mean over any questions is a score. */
  missingTasks?(questions: readonly BenchmarkQuestion[]): readonly string[];
  /** null: the benchmark has no server. */
  submission: ((answered: readonly Answered<Truth>[], seed: number) => SubmissionFile) | null;
}
