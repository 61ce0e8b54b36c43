import type { Run } from "@retort/api";

/** What tells a run from its neighbours: the seeds of one configuration share their name but for the seed. */
export function runLabel({ name, seed }: Pick<Run, "name" | "seed">): string {
  return name.includes(`seed ${seed}`) ? name : `${name}, seed ${seed}`;
}
