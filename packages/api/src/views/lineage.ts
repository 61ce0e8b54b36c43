import { ancestors } from "@retort/core/node";
import { type Database, NotFoundError } from "@retort/db";
import type { Lineage, LineageStage } from "../contract/lineage.ts";
import type { Stage } from "../contract/stage.ts";
import { findRun } from "./run.ts";
import { findStage } from "./stage.ts";

/**
 * Where the file of a run comes from, across the runs that stages of it were taken from.
 * @throws NotFoundError for a run, or a file that is none of its
 */
export async function lineageOf(
  db: Database,
  { runId, artifactId }: { runId: string; artifactId: string },
): Promise<Lineage> {
  const run = await findRun(db, runId);
  const stage = run.stages.find(({ artifacts }) => artifacts.some(({ id }) => id === artifactId));
  const artifact = stage?.artifacts.find(({ id }) => id === artifactId);
  if (stage === undefined || artifact === undefined) throw new NotFoundError(`file of run ${runId}`, artifactId);
  const { id, name, recipe, seed, params, evaluations } = run;
  return {
    run: { id, name, recipe, seed, params },
    model: { stage: stage.name, sha256: artifact.sha256 },
    stages: await stagesOf(db, run.stages),
    evaluations: evaluations.map(({ stageName, dataset, split, condition, numSamples, metrics }) => ({
      ...{ stageName, dataset, split, condition, numSamples, metrics },
    })),
  };
}

function stagesOf(db: Database, stages: readonly Stage[]): Promise<LineageStage[]> {
  return Promise.all(
    stages.map(async ({ id, name, kind, title, seed, contentKey, params, inputs, earlier }): Promise<LineageStage> => {
      const { dataFingerprint } = (await findStage(db, id)).keyParts;
      return {
        ...{ name, kind, title, seed, contentKey, params, inputs },
        dataFingerprint: typeof dataFingerprint === "string" ? dataFingerprint : null,
        // A run is launched after those that it names, so this ends.
        earlier: earlier === null ? null : await earlierOf(db, earlier, contentKey),
      };
    }),
  );
}

async function earlierOf(
  db: Database,
  { runId, runName }: NonNullable<Stage["earlier"]>,
  contentKey: string,
): Promise<LineageStage["earlier"]> {
  const run = await findRun(db, runId);
  const same = run.stages.find((stage) => stage.contentKey === contentKey);
  const stages = same === undefined ? [] : ancestors(run.stages, same.name);
  return { run: { id: runId, name: runName }, stages: await stagesOf(db, stages) };
}
