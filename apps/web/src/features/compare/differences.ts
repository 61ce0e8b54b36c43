import { changesFrom } from "../launch/form/value.ts";

export interface ParamDifference {
  path: string;
  /** One a run, in their order; undefined where a run has no such parameter. */
  values: unknown[];
}

/** Parameters that are not the same in all runs, in the order of the first run's. */
export function differingParams(runs: readonly { params: unknown }[]): ParamDifference[] {
  const byRun = runs.map(({ params }) => new Map(changesFrom({}, params).map(({ path, value }) => [path, value])));
  const paths = [...new Set(byRun.flatMap((params) => [...params.keys()]))];
  return paths
    .map((path) => ({ path, values: byRun.map((params) => params.get(path)) }))
    .filter(({ values }) => new Set(values.map((value) => JSON.stringify(value))).size > 1);
}
