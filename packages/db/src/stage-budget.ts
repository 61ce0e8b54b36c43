/**
 * Attempts after this number count against the budgets of `stage`: those since a user asked for it again, and since an attempt that got
 * further. A training of days is not given up for as many accidents as there are days.
 */
export function freshSql(stage: string): string {
  return `greatest(${stage}.budget_start, coalesce((SELECT max(k.attempt) - 1 FROM checkpoint k WHERE k.stage_id = ${stage}.id), 0))`;
}
