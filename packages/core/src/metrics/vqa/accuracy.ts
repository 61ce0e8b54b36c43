import { mean, requireSamples } from "../input.ts";
import { normalizeVqaAnswer, trimVqaAnswer } from "./normalize.ts";

/**
 * VQAv2 accuracy of one prediction, in [0, 1]: the mean over annotators of min(1, matches among the others / 3). Answers are
 * normalised only where the annotators disagree; where they agree letter for letter, case matters.
 * One annotator alone has no others and always gives 0, as in the official script: see vqaRecordAccuracy.
 * Source: GT-Vision-Lab/VQA, vqaEval.py.
 * @throws DataError METRIC_EMPTY without answers.
 */
export function vqaAccuracy(prediction: string, answers: readonly string[]): number {
  requireSamples(answers.length, "vqaAccuracy");
  let given = answers.map(trimVqaAnswer);
  let predicted = trimVqaAnswer(prediction);
  if (given.some((answer) => answer !== given[0])) {
    given = given.map(normalizeVqaAnswer);
    predicted = normalizeVqaAnswer(predicted);
  }
  const matches = given.filter((answer) => answer === predicted).length;
  // A matching annotator sees one match less among the others.
  const ofMatching = matches * Math.min(1, (matches - 1) / 3);
  const ofOthers = (given.length - matches) * Math.min(1, matches / 3);
  return (ofMatching + ofOthers) / given.length;
}

/** VQAv2 accuracy of a record that may have a single answer, which stands for ten annotators who agree: exact match then. */
export function vqaRecordAccuracy(prediction: string, answers: readonly string[]): number {
  const [only] = answers;
  if (answers.length !== 1 || only === undefined) return vqaAccuracy(prediction, answers);
  return trimVqaAnswer(prediction) === trimVqaAnswer(only) ? 1 : 0;
}

export interface VqaPrediction {
  prediction: string;
  answers: readonly string[];
  questionType: string;
  answerType: string;
}

export interface VqaAccuracySet {
  /** In percent (0 to 100), not rounded; likewise below. */
  overall: number;
  perQuestionType: Record<string, number>;
  perAnswerType: Record<string, number>;
}

/** The official report: mean VQAv2 accuracies in percent. @throws DataError METRIC_EMPTY without questions. */
export function vqaAccuracySet(questions: readonly VqaPrediction[]): VqaAccuracySet {
  requireSamples(questions.length, "vqaAccuracySet");
  const scores = questions.map(({ prediction, answers }) => 100 * vqaAccuracy(prediction, answers));
  const by = (key: "questionType" | "answerType") => {
    const groups = new Map<string, number[]>();
    questions.forEach((question, index) => {
      const group = groups.get(question[key]);
      if (group) group.push(scores[index]!);
      else groups.set(question[key], [scores[index]!]);
    });
    return Object.fromEntries([...groups].map(([type, values]) => [type, mean(values)]));
  };
  return { overall: mean(scores), perQuestionType: by("questionType"), perAnswerType: by("answerType") };
}
