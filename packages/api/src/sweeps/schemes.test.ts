import { isStageKind, stageDefinitions } from "@retort/core";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { startTestApi, type TestApi } from "../testing.ts";
import { startTestWorker } from "../testing-worker.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(inject("postgresUrl"));
});
afterAll(() => api.close());

/** The seven of the paper: nine different beginnings, of which each is trained once. */
const schemes = ["PT-SFT", "DPT-SFT", "PT-DFT", "DPT-DFT", "PT-SFT-DFT", "DPT-SFT-DFT", "DPT-DFT-DFT"];
const seeds = [1, 2, 3];

it("compiles the seven schemes of LLaVA-KD with three seeds to the fewest stages, and reports the time that this saves", async () => {
  const worker = await startTestWorker(api.db);
  const scheme = { type: "choice" as const, values: schemes.map((text) => text.split("-")) };
  const request = { recipe: "llava-kd", search: { space: { parameters: { scheme }, seeds } } };
  const preview = await api.retort.sweeps.preview.query(request);
  const { sweepId } = await api.retort.sweeps.launch.mutate(request);
  expect(preview).toMatchObject({ numRuns: 21, complete: true });

  const stages = await api.db.sweeps.stages(sweepId);
  expect(stages).toHaveLength(preview.uniqueStages);
  const trained = stages.filter(({ name }) => /^\d-(pt|dpt|sft|dft)$/.test(name));
  const beginnings = new Set(
    schemes.flatMap((text) => text.split("-").map((_, at, parts) => parts.slice(0, at + 1).join("-"))),
  );
  expect(beginnings.size).toBe(9);
  expect(trained).toHaveLength(9 * seeds.length);

  // Whatever a stage is, it takes 10 s and leaves what its kind declares.
  const capabilities = { devices: ["cpu"], threads: 256, memoryBytes: 2 ** 40 };
  const execute = async (count: number) => {
    for (let done = 0; done < count; done++) {
      const stage = await api.db.stages.claim({ workerId: worker.id, capabilities, leaseMs: 600_000 });
      const outputs = isStageKind(stage!.kind) ? Object.keys(stageDefinitions[stage!.kind].outputs) : [];
      for (const name of outputs) {
        await api.db.artifacts.record(stage!.fence, { name, kind: "test", sha256: stage!.id, sizeBytes: 1 });
      }
      await api.db.stages.succeed(stage!.fence);
    }
    await api.db.pool.query("UPDATE attempt SET finished_at = started_at + interval '10 s'");
  };
  expect((await api.retort.sweeps.get.query({ sweepId })).secondsLeft).toBeNull();
  await execute(preview.uniqueStages - 12);
  expect((await api.retort.sweeps.get.query({ sweepId })).secondsLeft).toBeCloseTo(120, 3);
  await execute(12);
  await api.db.sweeps.advance({ fingerprint: async () => "data" });
  const sweep = await api.retort.sweeps.get.query({ sweepId });
  expect(sweep).toMatchObject({ status: "finished", counts: { succeeded: 21 } });
  expect(sweep.stages.asked).toBe(preview.numStages);
  expect(sweep.deviceSeconds).toBeCloseTo(10 * preview.uniqueStages, 3);
  expect(sweep.savedSeconds).toBeCloseTo(10 * (preview.numStages - preview.uniqueStages), 3);
  const { nodes } = await api.retort.sweeps.dag.query({ sweepId });
  expect(nodes.reduce((sum, { numStages }) => sum + numStages, 0)).toBe(preview.uniqueStages);
}, 120_000);
