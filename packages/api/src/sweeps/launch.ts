import { fingerprintDataset } from "@retort/core/node";
import type { Database } from "@retort/db";
import type { z } from "zod";
import type { sweepRequest } from "../contract/sweep.ts";
import { requireEarlierStages } from "../plan-sources.ts";
import { findProject } from "../views/project.ts";
import { readSweepRequest } from "./read-request.ts";

/**
 * Writes the sweep and asks for its first trials; the workers' orchestrator asks for those that come later.
 * @throws SpecError as readSweepRequest(), for an unknown project, for a stage of an earlier run that cannot be taken; DataError for a
 * data set that is not there
 */
export async function launchSweep(db: Database, request: z.output<typeof sweepRequest>): Promise<string> {
  const project = await findProject(db, request.project);
  const { recipe, ...sweep } = readSweepRequest(request);
  const seed = sweep.search.space.seeds[0]!;
  await requireEarlierStages(db, { recipe: recipe.name, params: sweep.params, seed }, project);
  const { id } = await db.sweeps.create({ ...sweep, recipe: recipe.name, projectId: project.id });
  try {
    await db.sweeps.advance({ fingerprint: fingerprintDataset, sweepId: id });
  } catch (error) {
    // Nobody has heard of it yet, and it would only repeat the error.
    await db.sweeps.cancel(id);
    throw error;
  }
  return id;
}
