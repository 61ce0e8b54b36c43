import { type EarlierStage, type PlannedStage, SpecError, type StageStatus, stages } from "@retort/core";
import type { Pool, PoolClient } from "pg";

/** The project whose run takes the stage. */
export interface TakingProject {
  id: string;
  isIsolated: boolean;
}

interface RunOwner {
  name: string;
  projectId: string;
  projectSlug: string;
  isIsolated: boolean;
}

type StageOfRun = Omit<PlannedStage, "light" | "inputs" | "fork"> & {
  isLight: boolean;
  status: StageStatus;
  /** Names of what it has left so far. */
  artifacts: string[];
};

/** See Stages.ofEarlierRun. */
export async function findEarlierStage(
  client: Pool | PoolClient,
  wanted: EarlierStage,
  project: TakingProject | null,
): Promise<PlannedStage> {
  const { rows: runs } = await client.query<RunOwner>(
    `SELECT r.name, p.id AS "projectId", p.slug AS "projectSlug", p.is_isolated AS "isIsolated"
     FROM run r JOIN project p ON p.id = r.project_id WHERE r.id = $1`,
    [wanted.run],
  );
  const run = runs[0];
  if (run === undefined) throw unknownRun(wanted);
  if (project !== null && project.id !== run.projectId && (project.isIsolated || run.isIsolated))
    throw isolatedRun(wanted, run, project);
  const { rows } = await client.query<StageOfRun>(
    `SELECT rs.name, s.kind, s.kind_version AS "kindVersion", s.params, s.seed, s.content_key AS "contentKey",
       s.key_parts AS "keyParts", s.data_fingerprint AS "dataFingerprint", s.resources, s.is_light AS "isLight", s.status,
       array(SELECT name FROM artifact WHERE stage_id = s.id) AS artifacts
     FROM run_stage rs JOIN stage s ON s.id = rs.stage_id WHERE rs.run_id = $1 ORDER BY rs.position`,
    [wanted.run],
  );
  const { status, artifacts: _, isLight, ...stage } = choose(wanted, run, rows);
  if (status !== "succeeded") throw unfinishedStage(wanted, run, { name: stage.name, status });
  return { ...stage, ...(isLight ? { light: true } : {}), inputs: [] };
}

/** The stage that is named, or the last that leaves the artifact. */
function choose(wanted: EarlierStage, run: RunOwner, all: readonly StageOfRun[]): StageOfRun {
  const { stage, artifact, param } = wanted;
  const leaving = all.filter((each) => leaves(each, artifact));
  const named = stage === null ? leaving.at(-1) : all.find(({ name }) => name === stage);
  if (named !== undefined && leaving.includes(named)) return named;
  const names = leaving.map(({ name }) => name).join(", ");
  if (stage !== null && named === undefined) {
    throw new SpecError({
      code: "UNKNOWN_STAGE",
      message: `The run "${run.name}" has no stage "${stage}"`,
      expected: names === "" ? `a stage that leaves a "${artifact}"` : `one of ${names}`,
      got: stage,
      where: `params.${param}.stage`,
    });
  }
  const what = stage === null ? `No stage of the run "${run.name}"` : `The stage "${stage}" of the run "${run.name}"`;
  throw new SpecError({
    code: "MISSING_OUTPUT",
    message: stage === null ? `${what} leaves a "${artifact}"` : `${what} leaves no "${artifact}"`,
    expected: names === "" ? `a run with a stage that leaves a "${artifact}"` : `one of ${names}`,
    got: stage ?? (all.map(({ name }) => name).join(", ") || "no stages"),
    where: `params.${param}.${stage === null ? "run" : "stage"}`,
  });
}

/**
 * One that has succeeded leaves what it has left. One that has not is asked by its kind: else an earlier stage of a run that is still
 * training would be taken for its last.
 */
function leaves({ kind, status, artifacts }: StageOfRun, artifact: string): boolean {
  if (artifacts.includes(artifact)) return true;
  const kinds: Readonly<Record<string, { outputs: object }>> = stages;
  return status !== "succeeded" && Object.hasOwn(kinds, kind) && Object.hasOwn(kinds[kind]!.outputs, artifact);
}

function unknownRun({ run, artifact, param }: EarlierStage): SpecError {
  return new SpecError({
    code: "UNKNOWN_RUN",
    message: `There is no run ${run}`,
    expected: `the id of a run that has a "${artifact}"`,
    got: run,
    where: `params.${param}.run`,
    fix: "`retort ls` lists the runs",
  });
}

function isolatedRun({ run, param }: EarlierStage, owner: RunOwner, project: TakingProject): SpecError {
  return new SpecError({
    code: "ISOLATED_RUN",
    message: owner.isIsolated
      ? `The project "${owner.projectSlug}" keeps its results to itself`
      : "A project that keeps its results to itself takes none of others",
    expected: project.isIsolated ? "a run of the same project" : "a run of a project that shares its results",
    got: `${run} of the project "${owner.projectSlug}"`,
    where: `params.${param}.run`,
    fix: "Launch in the run's own project, or let both projects share their results",
  });
}

function unfinishedStage(
  { param }: EarlierStage,
  run: RunOwner,
  { name, status }: { name: string; status: StageStatus },
): SpecError {
  const isOver = status === "failed" || status === "cancelled" || status === "pruned";
  return new SpecError({
    code: "UNFINISHED_STAGE",
    message: `The stage "${name}" of the run "${run.name}" ${isOver ? "has not succeeded" : "has not finished yet"}`,
    expected: "a stage that has succeeded",
    got: status,
    where: `params.${param}.run`,
    fix: isOver ? "Try that run again, or name another" : "Launch when it has finished, or name another run",
  });
}
