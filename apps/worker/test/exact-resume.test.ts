import { dataKey, parseRun, planRun, requiredData } from "@retort/core";
import { fingerprintDataset } from "@retort/core/node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { attemptPids } from "./attempt-pids.ts";
import { TestPlatform } from "./platform.ts";

const request = {
  recipe: "quickstart",
  seed: 3,
  params: {
    data: { adapter: "scenes", params: { numTrainImages: 16, numTestImages: 2 } },
    size: "nano",
    training: { numSteps: 400, batchSize: 4, warmupSteps: 20, checkpointEverySteps: 50 },
    threads: 1,
    numSampleImages: 1,
  },
};

/** A training and its evaluation, real ones, each platform with a database of its own: nothing can be reused. */
async function launchTraining(platform: TestPlatform): Promise<string> {
  const fingerprints = new Map<string, string>();
  for (const reference of requiredData(request)) {
    fingerprints.set(dataKey(reference), await fingerprintDataset(reference));
  }
  const { id: projectId } = await platform.db.projects.ensure({ slug: "test", name: "Test" });
  const stages = planRun({ ...request, fingerprints }).slice(0, 2);
  const run = { ...parseRun(request), projectId, seed: request.seed, name: "training", stages };
  return (await platform.db.runs.create(run)).id;
}

/** Everything that the run left, without what measures time and without what names its rows. */
async function resultOf(platform: TestPlatform, runId: string) {
  const { stages, evaluations } = await platform.run(runId);
  const files = await Promise.all(stages.map(({ id }) => platform.db.artifacts.forStage(id)));
  const points = await platform.db.prisma.metric.findMany({
    where: { stageId: stages[0]!.id, key: { not: "stepMs" } },
    orderBy: [{ key: "asc" }, { step: "asc" }],
    select: { key: true, step: true, value: true },
  });
  return {
    files: files.flat().map(({ name, sha256 }) => ({ name, sha256 })),
    points,
    metrics: evaluations.map(({ condition, metrics }) => ({ condition, vqaAccuracy: metrics.vqaAccuracy })),
  };
}

let undisturbed: TestPlatform;
let disturbed: TestPlatform;

beforeAll(async () => {
  undisturbed = await TestPlatform.open();
  disturbed = await TestPlatform.open();
});
afterAll(async () => {
  await undisturbed.close();
  await disturbed.close();
});

it("a training killed before its first checkpoint, between two, and near its end leaves the same bits as one in peace", {
  timeout: 1_200_000,
}, async () => {
  await undisturbed.startWorker();
  const whole = await launchTraining(undisturbed);
  await undisturbed.runEnds(whole, "succeeded", 500_000);

  await disturbed.startWorker();
  const runId = await launchTraining(disturbed);
  const training = async () => (await disturbed.run(runId)).stages[0]!;
  const { id } = await training();
  const lossStep = async () => (await training()).latest.find(({ key }) => key === "loss")?.step ?? 0;
  const killed: number[] = [];
  for (const step of [1, 120, 280]) {
    await disturbed.until(
      async () => (await lossStep()) >= step,
      500_000,
      async () => `step ${await lossStep()}`,
    );
    for (const pid of attemptPids()) process.kill(pid, "SIGKILL");
    killed.push(step);
    await disturbed.until(
      async () => (await training()).attempt > killed.length || (await training()).status === "succeeded",
      500_000,
      async () => "no further attempt",
    );
  }
  await disturbed.runEnds(runId, "succeeded", 500_000);

  const attempts = await disturbed.db.attempts.forStage(id);
  expect(attempts.at(-1)).toMatchObject({ status: "succeeded" });
  expect(attempts.filter(({ failure }) => failure?.code === "PROCESS_KILLED").length).toBeGreaterThanOrEqual(2);
  expect(await resultOf(disturbed, runId)).toEqual(await resultOf(undisturbed, whole));
});
