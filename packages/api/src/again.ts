import { learnFacts, type PlanFacts, parseRun, planRun, SpecError, type StageVariants, withPoint } from "@retort/core";
import { ConflictError, type Database, NotFoundError, type RunDetail } from "@retort/db";
import { completeParams, findRecipe } from "./parameters.ts";
import { planSources, scopeOf } from "./plan-sources.ts";

/**
 * Executes a stage of a run, and all that depends on it, anew: a new run whose other stages are taken from the old one. Results
 * are never overwritten, so the n-th repetition is a stage of its own, told apart by its number in the content key.
 * @param from name of the stage; without one every stage is executed anew
 * @throws NotFoundError; SpecError UNKNOWN_STAGE, EARLIER_STAGE
 */
export async function rerunRun(db: Database, { runId, from }: { runId: string; from?: string | undefined }) {
  const run = await findRunRow(db, runId);
  const stages = from === undefined ? firstStages(run) : [stageOf(run, from)];
  const variants: Record<string, { repeat: number }> = {};
  for (const { name, contentKey } of stages) variants[name] = { repeat: await db.stages.nextRepetition(contentKey) };
  const suffix = from === undefined ? "again" : `again from ${from}`;
  return launchVariant(db, run, { params: run.params, variants, name: `${run.name} (${suffix})` });
}

/** Checkpoints of a run's stage from which it can be forked, newest first. @throws NotFoundError, SpecError UNKNOWN_STAGE, EARLIER_STAGE */
export async function listCheckpoints(
  db: Database,
  { runId, stage }: { runId: string; stage: string },
): Promise<{ step: number; sizeBytes: number; createdAt: Date }[]> {
  const { id } = stageOf(await findRunRow(db, runId), stage);
  return (await db.checkpoints.list(id)).map(({ step, sizeBytes, createdAt }) => ({ step, sizeBytes, createdAt }));
}

/**
 * Goes on from a checkpoint of a run's stage, the newest where no step is named, with changed parameters: a new run whose stage of that name is forked and
 * whose stages before it are taken from the old one. Which checkpoint it was, is part of the stage's content key.
 * @param params what changes, laid over the run's parameters
 * @throws NotFoundError, ConflictError when the stage has no such checkpoint; SpecError for wrong parameters,
 * EARLIER_STAGE
 */
export async function forkRun(
  db: Database,
  {
    runId,
    stage,
    step: wanted,
    params,
    name,
  }: {
    runId: string;
    stage: string;
    /** Of the checkpoint; left out, the newest. */
    step?: number | undefined;
    params: Record<string, unknown>;
    name?: string | undefined;
  },
): Promise<{ runId: string; step: number }> {
  const run = await findRunRow(db, runId);
  const { id } = stageOf(run, stage);
  const kept = await db.checkpoints.list(id);
  const checkpoint = wanted === undefined ? kept[0] : kept.find(({ step }) => step === wanted);
  if (checkpoint === undefined) {
    const place = wanted === undefined ? "" : ` of step ${wanted}`;
    throw new ConflictError({
      message: `The stage "${stage}" has no checkpoint${place}`,
      expected:
        kept.length === 0
          ? "a stage that saves its state on the way"
          : `one of the steps ${kept.map(({ step }) => step).join(", ")}`,
      got: wanted === undefined ? "none" : `step ${wanted}`,
      where: `run ${runId}`,
      fix: "A parameter of the stage says how often it saves one, RETORT_CHECKPOINTS_KEPT of the worker how many are kept",
    });
  }
  const { sha256, step, sizeBytes } = checkpoint;
  const changed = completeParams(
    findRecipe(run.recipe),
    withPoint(run.params, params as Parameters<typeof withPoint>[1]),
  );
  const forked = await launchVariant(db, run, {
    params: changed,
    variants: { [stage]: { fork: { sha256, step, sizeBytes } } },
    name: name ?? `${run.name} (from step ${step} of ${stage})`,
  });
  return { ...forked, step };
}

async function launchVariant(
  db: Database,
  run: RunDetail,
  { params, variants, name }: { params: Record<string, unknown>; variants: StageVariants; name: string },
): Promise<{ runId: string }> {
  const request = { recipe: run.recipe, params, seed: run.seed };
  const project = await db.projects.get(run.projectSlug);
  const facts: PlanFacts = { fingerprints: new Map(), earlier: new Map() };
  await learnFacts(request, facts, planSources(db, project));
  const { configKey, params: stored } = parseRun(request);
  const { id } = await db.runs.create({
    ...{ projectId: run.projectId, recipe: run.recipe, params: stored, seed: run.seed, name, configKey },
    stages: planRun({ ...request, ...facts, variants, scope: scopeOf(project) }),
  });
  return { runId: id };
}

async function findRunRow(db: Database, runId: string): Promise<RunDetail> {
  const run = await db.runs.get(runId);
  if (run === null) throw new NotFoundError("run", runId);
  return run;
}

/** Those that need no other stage of the run's own: repeated, they repeat all but what it took from earlier runs. */
function firstStages(run: RunDetail): RunDetail["stages"] {
  const { specs } = parseRun(run);
  const own = new Set(specs.map(({ name }) => name));
  const first = specs.filter(({ inputs }) => !Object.values(inputs).some(({ stage }) => own.has(stage)));
  return run.stages.filter((stage) => first.some(({ name }) => name === stage.name));
}

/** @throws SpecError UNKNOWN_STAGE; EARLIER_STAGE for one that the run took from an earlier run */
function stageOf(run: RunDetail, name: string): RunDetail["stages"][number] {
  const earlier = parseRun(run).earlier.find((stage) => stage.name === name);
  if (earlier !== undefined) {
    throw new SpecError({
      code: "EARLIER_STAGE",
      message: `The run took the stage "${name}" from an earlier run as it was`,
      expected: "a stage of its own",
      got: name,
      where: `run ${run.id}`,
      fix: `Do it again in run ${earlier.run}`,
    });
  }
  const found = run.stages.find((stage) => stage.name === name);
  if (found !== undefined) return found;
  throw new SpecError({
    code: "UNKNOWN_STAGE",
    message: `The run has no stage "${name}"`,
    expected: `one of ${run.stages.map((stage) => stage.name).join(", ")}`,
    got: name,
    where: `run ${run.id}`,
  });
}
