import type { Evaluation } from "@retort/api";
import { toWords } from "../../format/words.ts";

/** Evaluations of one data set and split: the full input and the controls beside it. */
export interface EvaluationGroup {
  id: string;
  dataset: string;
  split: string;
  /** "full" first, then the controls by name; of several stages the last one's first. A control that stages measured alike is there once. */
  evaluations: Evaluation[];
}

export const fullCondition = "full";

/** `evaluations` in the order of their stages. */
export function evaluationGroups(evaluations: readonly Evaluation[]): EvaluationGroup[] {
  const groups = new Map<string, EvaluationGroup>();
  for (const evaluation of evaluations.toReversed()) {
    const { dataset, split } = evaluation;
    const id = `${dataset}/${split}`;
    const group = groups.get(id) ?? { id, dataset, split, evaluations: [] };
    if (!group.evaluations.some((shown) => isSameControl(shown, evaluation))) group.evaluations.push(evaluation);
    groups.set(id, group);
  }
  const rank = ({ condition }: Evaluation) => (condition === fullCondition ? 0 : 1);
  for (const { evaluations: members } of groups.values()) {
    members.sort((a, b) => rank(a) - rank(b) || a.condition.localeCompare(b.condition));
  }
  return [...groups.values()].sort((a, b) => a.id.localeCompare(b.id));
}

/** Several stages of a run evaluate the same samples in different ways, and a control that asks no model comes out the same in each. */
function isSameControl(a: Evaluation, b: Evaluation): boolean {
  const names = Object.keys(a.metrics);
  return (
    a.condition !== fullCondition &&
    a.condition === b.condition &&
    a.numSamples === b.numSamples &&
    names.length === Object.keys(b.metrics).length &&
    names.every((name) => a.metrics[name] === b.metrics[name])
  );
}

/** What tells an evaluation from the others of its group: its condition, and the stage where others have the same condition. */
export function evaluationName({ id, condition, stageName }: Evaluation, { evaluations }: EvaluationGroup): string {
  const isShared = evaluations.some((other) => other.id !== id && other.condition === condition);
  return isShared ? `${toWords(condition)}, ${stageName}` : toWords(condition);
}

/** The same where controls stand among results. */
export function evaluationLabel(evaluation: Evaluation, group: EvaluationGroup): string {
  const name = evaluationName(evaluation, group);
  return evaluation.condition === fullCondition ? name : `Control: ${name.charAt(0).toLowerCase()}${name.slice(1)}`;
}
