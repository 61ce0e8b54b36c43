import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isStageKind, stageDefinitions } from "@retort/core";
import type { ClaimedStage } from "@retort/db";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { startTestApi, type TestApi } from "./testing.ts";
import { refusal } from "./testing-refusal.ts";
import { startTestWorker, type TestWorker } from "./testing-worker.ts";

let api: TestApi;
let worker: TestWorker;
/** A finished run of llava-teacher in the project "demo". */
let teacher: string;
const nobody = "01890000-0000-7000-8000-000000000000";
const evaluation = { blanked: false };

beforeAll(async () => {
  api = await startTestApi(inject("postgresUrl"));
  worker = await startTestWorker(api.db);
  teacher = await launch("llava-teacher", {}, { name: "large teacher" });
  await execute();
}, 60_000);
afterAll(() => api.close());

async function launch(recipe: string, params: object, rest: { name?: string; project?: string } = {}): Promise<string> {
  const request = { recipe, params: { evaluation, ...params }, seeds: [1], project: "demo", ...rest };
  return (await api.retort.runs.launch.mutate(request)).runIds[0]!;
}

const taught = (choice: object) => ({ teacher: { from: "run", ...choice } });
const runOf = (runId: string) => api.retort.runs.get.query({ runId });

/** Executes what is ready: whatever a stage is, it leaves what its kind declares. @returns kinds, in order */
async function execute(): Promise<string[]> {
  const kinds: string[] = [];
  for (let stage = await claim(); stage !== null; stage = await claim()) {
    const outputs = isStageKind(stage.kind) ? Object.keys(stageDefinitions[stage.kind].outputs) : [];
    for (const name of outputs)
      await api.db.artifacts.record(stage.fence, { name, kind: "test", sha256: stage.id, sizeBytes: 1 });
    await api.db.stages.succeed(stage.fence);
    kinds.push(stage.kind);
  }
  return kinds;
}

function claim(): Promise<ClaimedStage | null> {
  const capabilities = { devices: ["cpu"], threads: 256, memoryBytes: 2 ** 40 };
  return api.db.stages.claim({ workerId: worker.id, capabilities, leaseMs: 600_000 });
}

describe("a run whose teacher is an earlier run", () => {
  it("lists the teacher among its stages, reused, and trains the student alone", async () => {
    const params = { evaluation, ...taught({ run: teacher }) };
    const preview = await api.retort.runs.preview.query({ recipe: "llava-kd", params, project: "demo" });
    const planned = new Map(preview.runs[0]!.stages.map((stage) => [stage.name, stage]));
    expect(planned.get("teacher")).toMatchObject({ kind: "llava-train", existing: "succeeded" });
    expect(planned.get("teacher-outputs")).toMatchObject({ inputs: ["teacher", "features"], existing: null });
    expect(planned.has("teacher-language")).toBe(false);

    const runId = await launch("llava-kd", taught({ run: teacher }));
    const source = await runOf(teacher);
    const model = source.stages.find(({ name }) => name === "teacher-2-sft")!;
    const before = await runOf(runId);
    expect(before.stages[0]).toMatchObject({
      ...{ id: model.id, name: "teacher", status: "succeeded", reused: true },
      earlier: { runId: teacher, runName: "large teacher" },
    });
    expect(before.stages.slice(1).every(({ earlier }) => earlier === null)).toBe(true);
    const outputs = before.stages.find(({ name }) => name === "teacher-outputs")!;
    expect(outputs.inputs.map(({ name, stageName }) => [name, stageName])).toContainEqual(["model", "teacher"]);

    expect(await execute()).not.toContain("vlm-sft");
    expect((await runOf(runId)).status).toBe("succeeded");
  });

  it("takes the stage that is named, and a student as the next one's teacher", async () => {
    const byName = await runOf(await launch("llava-kd", taught({ run: teacher, stage: "teacher-1-pt" })));
    const source = await runOf(teacher);
    expect(byName.stages[0]!.id).toBe(source.stages.find(({ name }) => name === "teacher-1-pt")!.id);
    await execute();
    // A student teaches the next one.
    const next = await runOf(await launch("llava-kd", taught({ run: byName.id })));
    expect(next.stages[0]!.id).toBe(byName.stages.find(({ name }) => name === "3-dft")!.id);
    await execute();
    expect((await runOf(next.id)).status).toBe("succeeded");
  });

  it("does all but the teacher again, and says where that is done", async () => {
    const runId = await launch("llava-kd", taught({ run: teacher }));
    const again = await api.retort.runs.rerun.mutate({ runId });
    const [before, after] = [await runOf(runId), await runOf(again.runId)];
    expect(after.stages.map(({ name }) => name)).toEqual(before.stages.map(({ name }) => name));
    const same = after.stages.filter(({ id }, at) => id === before.stages[at]!.id);
    expect(same.map(({ name }) => name)).toEqual(["teacher"]);
    await execute();
    const compared = await api.retort.runs.compare.query({ runId, otherId: again.runId });
    expect(compared.filter(({ isShared }) => isShared).map(({ name }) => name)).toEqual(["teacher"]);

    const student = await api.retort.runs.rerun.mutate({ runId, from: "2-sft" });
    const kept = (await runOf(student.runId)).stages.filter(({ id }, at) => id === before.stages[at]!.id);
    expect(kept.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["teacher", "encoder", "teacher-outputs", "1-dpt"]),
    );
    expect(kept.map(({ name }) => name)).not.toContain("3-dft");
    await execute();

    const refused = { code: "EARLIER_STAGE", fix: expect.stringContaining(teacher) };
    expect(await refusal(api.retort.runs.rerun.mutate({ runId, from: "teacher" }))).toMatchObject(refused);
    expect(await refusal(api.retort.runs.fork.mutate({ runId, stage: "teacher" }))).toMatchObject(refused);
  });

  it("is refused when the run, its stage or its model is not there, naming the parameter and the choices", async () => {
    const of = (choice: object) => refusal(launch("llava-kd", taught(choice)));
    expect(await of({ run: nobody })).toMatchObject({
      ...{ code: "UNKNOWN_RUN", got: nobody, where: "params.teacher.run" },
      expected: expect.stringContaining("model"),
      fix: expect.stringContaining("retort ls"),
    });
    expect(await of({ run: teacher, stage: "3-dft" })).toMatchObject({
      ...{ code: "UNKNOWN_STAGE", got: "3-dft", where: "params.teacher.stage" },
      expected: "one of encoder, teacher-language, teacher-1-pt, teacher-2-sft",
    });
    expect(await of({ run: teacher, stage: "features" })).toMatchObject({
      ...{ code: "MISSING_OUTPUT", got: "features", where: "params.teacher.stage" },
    });
    const other = (await api.retort.runs.launch.mutate({ recipe: "diagnostic", project: "demo" })).runIds[0]!;
    expect(await of({ run: other })).toMatchObject({
      ...{ code: "MISSING_OUTPUT", got: "work, check", where: "params.teacher.run" },
    });
    await execute();
    expect(await refusal(launch("llava-kd", { teacher: { from: "run" } }))).toMatchObject({
      ...{ code: "BAD_PARAMS", where: "params.teacher.run" },
    });
  });

  it("is refused while the teacher is being trained, though stages before its last have a model, and after it has failed", async () => {
    const unready = await launch("llava-teacher", { teacher: { seed: 5 } });
    // The language model is there; the model that is meant is not.
    for (let kind = ""; kind !== "lm-pretrain"; ) {
      const stage = (await claim())!;
      for (const name of ["model", "features"])
        await api.db.artifacts.record(stage.fence, { name, kind: "test", sha256: stage.id, sizeBytes: 1 });
      await api.db.stages.succeed(stage.fence);
      kind = stage.kind;
    }
    const request = taught({ run: unready });
    const early = await refusal(launch("llava-kd", request));
    expect(early).toMatchObject({ code: "UNFINISHED_STAGE", where: "params.teacher.run" });
    expect(early.message).toContain('"teacher-2-sft"');
    expect(early.message).toContain("has not finished yet");
    const { fence } = (await claim())!;
    await api.db.stages.fail(fence, { kind: "user", code: "X", message: "x" }, { retry: false, delayMs: 0 });
    expect((await refusal(launch("llava-kd", request))).message).toContain("has not succeeded");
    // Its language model can be named.
    await launch("llava-kd", taught({ run: unready, stage: "teacher-language" }));
    await execute();
  });
});

describe("LLaVA from files", () => {
  const folder = mkdtempSync(join(tmpdir(), "retort-conversations-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "data.json");
  const turns = [
    { from: "human", value: "say hello" },
    { from: "gpt", value: "hello" },
  ];
  writeFileSync(path, JSON.stringify([{ id: "1", conversations: turns }]));
  const steps = [{ step: "DFT", data: { path, images: folder } }];

  it("goes on with the model of one earlier run and learns from another's", async () => {
    const student = await launch("llava-kd", taught({ run: teacher }));
    await execute();
    const params = { model: { from: "run", run: student, stage: "2-sft" }, ...taught({ run: teacher }), steps };
    const runId = (await api.retort.runs.launch.mutate({ recipe: "llava-files", params, seeds: [1], project: "demo" }))
      .runIds[0]!;
    const stageOf = async (id: string, name: string) => (await runOf(id)).stages.find((stage) => stage.name === name)!;
    expect(await stageOf(runId, "student")).toMatchObject({
      ...{ id: (await stageOf(student, "2-sft")).id, status: "succeeded", reused: true },
      earlier: { runId: student },
    });
    expect((await stageOf(runId, "teacher")).id).toBe((await stageOf(teacher, "teacher-2-sft")).id);
    const { inputs } = await stageOf(runId, "1-dft");
    expect(inputs.map(({ name, stageName }) => [name, stageName])).toEqual([
      ["model", "student"],
      ["teacher", "teacher"],
    ]);
    expect(await execute()).toEqual(["conversation-train"]);
    expect((await runOf(runId)).status).toBe("succeeded");
  });

  it("names the parameter whose run is not there", async () => {
    const of = (params: object) =>
      refusal(
        api.retort.runs.launch.mutate({
          recipe: "llava-files",
          params: { steps, ...params },
          seeds: [1],
          project: "demo",
        }),
      );
    const [missing, there] = [
      { from: "run", run: nobody },
      { from: "run", run: teacher },
    ];
    expect(await of({ model: missing, teacher: there })).toMatchObject({
      ...{ code: "UNKNOWN_RUN", where: "params.model.run" },
    });
    expect(await of({ model: there, teacher: missing })).toMatchObject({
      ...{ code: "UNKNOWN_RUN", where: "params.teacher.run" },
    });
  });
});

describe("projects that keep their results to themselves", () => {
  it("neither lend nor borrow a teacher, and use their own", async () => {
    await api.retort.projects.ensure.mutate({ slug: "closed", name: "Closed" });
    await api.retort.projects.ensure.mutate({ slug: "open", name: "Open" });
    await api.retort.projects.setIsolated.mutate({ slug: "closed", isIsolated: true });
    const own = await launch("llava-teacher", {}, { project: "closed" });
    await execute();
    const isolated = { code: "ISOLATED_RUN", where: "params.teacher.run" };
    const params = taught({ run: own });
    expect(await refusal(launch("llava-kd", params))).toMatchObject(isolated);
    expect(await refusal(launch("llava-kd", taught({ run: teacher }), { project: "closed" }))).toMatchObject(isolated);
    const preview = { recipe: "llava-kd", params, project: "open" };
    expect(await refusal(api.retort.runs.preview.query(preview))).toMatchObject(isolated);
    const borrowed = await runOf(await launch("llava-kd", taught({ run: teacher }), { project: "open" }));
    expect(borrowed.stages[0]!.earlier?.runId).toBe(teacher);
    await launch("llava-kd", params, { project: "closed" });
    const shown = await api.retort.runs.preview.query({ ...preview, project: "closed" });
    expect(shown.runs[0]!.stages[0]).toMatchObject({ name: "teacher", existing: "succeeded" });
    await execute();
  });
});

describe("a sweep over teachers", () => {
  const sweepOver = (values: Record<string, string | number>[]) => ({
    ...{ recipe: "llava-kd", params: { evaluation }, project: "demo" },
    search: { space: { parameters: { teacher: { type: "choice" as const, values } }, seeds: [1] } },
  });

  it("compares earlier runs and one that is still to be trained, in trials that are asked for later, too", async () => {
    const other = await launch("llava-teacher", { teacher: { seed: 3 } });
    await execute();
    const request = {
      ...sweepOver([{ from: "run", run: teacher }, { from: "run", run: other }, { seed: 4 }]),
      maxConcurrentRuns: 1,
    };
    expect(await api.retort.sweeps.preview.query(request)).toMatchObject({ numRuns: 3, warnings: [] });
    const { sweepId } = await api.retort.sweeps.launch.mutate(request);
    for (let rounds = 0; rounds < 4; rounds++) {
      await execute();
      await api.db.sweeps.advance({ fingerprint: async () => "data" });
    }
    expect(await api.retort.sweeps.get.query({ sweepId })).toMatchObject({
      ...{ status: "finished", counts: { succeeded: 3, failed: 0 } },
    });
    const teachers = (await api.db.sweeps.stages(sweepId)).filter(({ name }) => name === "teacher");
    expect(teachers.map(({ isReused }) => isReused)).toEqual([true, true]);
    const { nodes, edges } = await api.retort.sweeps.dag.query({ sweepId });
    const node = nodes.find(({ stageId }) => stageId === teachers[0]!.id)!;
    expect(edges.some(({ from }) => from === node.id)).toBe(true);
  });

  it("is refused as a whole when the teacher of all its points is not there, and point by point otherwise", async () => {
    const request = {
      ...{ recipe: "llava-kd", params: { evaluation, ...taught({ run: nobody }) }, project: "demo" },
      search: { space: { seeds: [1, 2] } },
    };
    const before = (await api.retort.sweeps.list.query({})).sweeps.length;
    for (const call of [api.retort.sweeps.preview.query, api.retort.sweeps.launch.mutate])
      expect(await refusal(call(request))).toMatchObject({ code: "UNKNOWN_RUN", where: "params.teacher.run" });
    expect((await api.retort.sweeps.list.query({})).sweeps).toHaveLength(before);
    const values = [
      { from: "run", run: teacher },
      { from: "run", run: nobody },
    ];
    const { warnings } = await api.retort.sweeps.preview.query(sweepOver(values));
    expect(warnings).toEqual([expect.stringContaining(`There is no run ${nobody}`)]);
  });
});

describe("runs.list", () => {
  it("finds runs that have a model by name, recipe and the end of the id", async () => {
    const list = async (query: Parameters<typeof api.retort.runs.list.query>[0]) =>
      (await api.retort.runs.list.query({ limit: 500, ...query })).runs;
    const withModel = await list({ artifact: "model" });
    expect(await list({ artifact: "model", artifactOf: ["vlm-sft", "llava-train"] })).toEqual(withModel);
    expect(await list({ artifact: "model", artifactOf: ["padim"] })).toEqual([]);
    expect(withModel.some(({ id }) => id === teacher)).toBe(true);
    expect(withModel.some(({ recipe }) => recipe === "diagnostic")).toBe(false);
    for (const search of ["LARGE teach", teacher.slice(-8), teacher])
      expect((await list({ artifact: "model", search })).map(({ id }) => id)).toEqual([teacher]);
    expect((await list({ search: "diagn" })).map(({ recipe }) => recipe)).toEqual(["diagnostic"]);
    expect(await list({ search: "50%_" })).toEqual([]);
  });
});
