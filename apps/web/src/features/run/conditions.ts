import type { Evaluation } from "@retort/api";

/** Evaluations of one data set and split: the full input and the controls beside it. */
export interface EvaluationGroup {
  id: string;
  dataset: string;
  split: string;
  /** "full" first, then the controls by name. */
  evaluations: Evaluation[];
}

export const fullCondition = "full";

export function evaluationGroups(evaluations: readonly Evaluation[]): EvaluationGroup[] {
  const groups = new Map<string, EvaluationGroup>();
  for (const evaluation of evaluations) {
    const { dataset, split } = evaluation;
    const id = `${dataset}/${split}`;
    const group = groups.get(id) ?? { id, dataset, split, evaluations: [] };
    group.evaluations.push(evaluation);
    groups.set(id, group);
  }
  const rank = ({ condition }: Evaluation) => (condition === fullCondition ? 0 : 1);
  for (const { evaluations: members } of groups.values()) {
    members.sort((a, b) => rank(a) - rank(b) || a.condition.localeCompare(b.condition));
  }
  return [...groups.values()];
}
