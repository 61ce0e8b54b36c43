import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestApi } from "@retort/api/testing";
import { runStatuses } from "@retort/core";
import { unzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { startTestCli, type TestCli } from "./testing.ts";

let cli: TestCli;
let api: TestApi;
let dir: string;
let start: TestCli["start"];

beforeAll(async () => {
  cli = await startTestCli(inject("postgresUrl"), { worker: true });
  ({ api, dir, start } = cli);
});
afterAll(() => cli.close());

const quick = ["--set", "steps=4", "--set", "stepMs=5"];

describe("retort leaderboard", () => {
  it("says what to do while nothing is measured, in place of an empty table", async () => {
    const { code, stdout, stderr } = await start(["leaderboard"]);
    expect([code, stdout]).toEqual([0, ""]);
    expect(stderr).toBe(
      "No run of quickstart has been evaluated yet.\nLaunch one: npx retort launch quickstart --watch\n",
    );
  });
});

describe("retort launch --watch", () => {
  it("follows a run to its end and prints the headline", async () => {
    const { code, stdout, stderr } = await start(["launch", "diagnostic", ...quick, "--seed", "3", "--watch"]);
    expect(stderr).toContain("work: ");
    expect(stderr).toContain("check: succeeded");
    expect(stdout).toMatch(/RUN +NAME +SEED +STATUS +CHECKS PASSED +TIME/);
    expect(stdout).toMatch(/diagnostic +3 +succeeded +100\.00 %/);
    expect(code).toBe(0);
  }, 60_000);

  it("exits with 1 and the reason when the run fails", async () => {
    const { code, stdout } = await start(["launch", "diagnostic", ...quick, "--set", "failure=data-error", "--watch"]);
    expect(stdout).toMatch(/diagnostic +0 +failed +-/);
    expect(stdout).toContain("Stage work failed: Asked to fail by a data error");
    expect(stdout).toContain("kind: data (DIAGNOSTIC_DATA_ERROR)");
    expect(code).toBe(1);
  }, 60_000);

  it("leaves the run alone on Ctrl-C and says so", async () => {
    const args = ["launch", "diagnostic", "--set", "steps=2000", "--set", "load=idle", "--set", "stepMs=50", "--watch"];
    const { code, stderr } = await start(args, { interruptAt: "work: " });
    expect(code).toBe(130);
    expect(stderr).toContain("the run goes on");
    const [run] = (await api.retort.runs.list.query({})).runs;
    expect(["queued", "running"]).toContain(run!.status);

    const cancelled = await start(["cancel", run!.id.slice(-8)]);
    expect(cancelled).toMatchObject({ code: 0, stdout: `cancelled ${run!.id.slice(-8)}\n` });
    expect((await api.retort.runs.get.query({ runId: run!.id })).status).toBe("cancelled");
  }, 60_000);
});

describe("retort launch", () => {
  it("launches a run for each seed and gives their ids as JSON", async () => {
    const { code, stdout } = await start([
      "launch",
      "diagnostic",
      ...quick,
      "--seeds",
      "11,12",
      "--name",
      "pair",
      "--json",
    ]);
    expect(code).toBe(0);
    const { runIds } = JSON.parse(stdout) as { runIds: string[] };
    expect(runIds).toHaveLength(2);
    const run = await api.retort.runs.get.query({ runId: runIds[1]! });
    expect(run).toMatchObject({ name: "pair (seed 12)", seed: 12, params: { steps: 4 } });
  });

  it("tells what is wrong with a parameter or a recipe", async () => {
    const unknown = await start(["launch", "diagnostic", "--set", "step=4"]);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toMatch(/unknown key "step" \(known: steps, stepMs,/);
    expect(unknown.stderr).toContain("retort recipes diagnostic");
    expect((await start(["launch", "nonsense"])).stderr).toMatch(/expected one of .*diagnostic/);
    const badSyntax = await start(["launch", "diagnostic", "--set", "steps"]);
    expect([badSyntax.code, badSyntax.stdout]).toEqual([2, ""]);
  });
});

describe("a finished run", () => {
  let runId: string;
  beforeAll(async () => {
    const { stdout } = await start([
      "launch",
      "diagnostic",
      ...quick,
      "--seed",
      "77",
      "--name",
      "kept",
      "--watch",
      "--json",
    ]);
    const { runs } = JSON.parse(stdout) as { runs: { id: string; status: string }[] };
    expect(runs[0]!.status).toBe("succeeded");
    runId = runs[0]!.id;
  }, 60_000);

  it("is listed, shown and logged", async () => {
    const [list, shown, byName, json, logs, board, byDefault, empty, narrowed] = await Promise.all([
      start(["ls"]),
      start(["show", runId.slice(-8)]),
      start(["show", "kept"]),
      start(["show", runId, "--json"]),
      start(["logs", `${runId}/work`]),
      start(["leaderboard", "diagnostic"]),
      start(["leaderboard"]),
      start(["leaderboard", "quickstart"]),
      start(["leaderboard", "diagnostic", "--dataset", "other"]),
    ]);
    expect(list.stdout).toMatch(new RegExp(`${runId.slice(-8)} +kept +diagnostic +77 +succeeded +2/2 +100\\.00 %`));
    expect(shown.stdout).toMatch(/steps +4\n/);
    expect(shown.stdout).toMatch(/work +report\.json +\d/);
    expect(byName.stdout).toBe(shown.stdout);
    expect(JSON.parse(json.stdout)).toMatchObject({ id: runId, params: { steps: 4 } });
    const { lines } = await api.retort.stages.logs.query({
      stageId: (await api.retort.runs.get.query({ runId })).stages[0]!.id,
    });
    expect(lines.length).toBeGreaterThan(0);
    expect(logs.stdout.trimEnd().split("\n")).toHaveLength(lines.length);
    expect(logs.stdout).toContain(lines[0]!.message);
    expect(board.stdout).toMatch(/kept .*full .*100\.00 %/);
    expect(byDefault.stdout).toBe(board.stdout);
    expect(empty.stdout).toBe("");
    expect(empty.stderr).toContain("npx retort launch quickstart");
    expect(empty.stderr).toContain("Recipes with results: diagnostic. See: npx retort leaderboard diagnostic");
    expect([narrowed.stdout, narrowed.stderr]).toEqual(["", expect.stringContaining("evaluated on other yet")]);
  }, 60_000);

  it("is exported with every point, sample and file", async () => {
    const out = join(dir, "exported");
    const { code, stdout } = await start(["export", runId, "--out", out]);
    expect(code).toBe(0);
    expect(stdout).toContain(`files in ${out}`);
    const run = JSON.parse(await readFile(join(out, "run.json"), "utf8"));
    expect(run).toMatchObject({ id: runId, seed: 77 });
    const [header, ...points] = (await readFile(join(out, "metrics.csv"), "utf8")).trimEnd().split("\n");
    expect(header).toBe("stage,key,step,value");
    expect(points.filter((line) => line.startsWith("work,loss,"))).toHaveLength(4);
    const evaluations = await readdir(join(out, "evaluations"));
    expect(evaluations).toHaveLength(run.evaluations.length);
    const samples = (await readFile(join(out, "evaluations", evaluations[0]!), "utf8")).trimEnd().split("\n");
    expect(samples).toHaveLength(run.evaluations[0].numSamples);
    expect(JSON.parse(samples[0]!)).toHaveProperty("sampleId");
    expect(await readdir(join(out, "artifacts", "work"))).toEqual(["report.json"]);

    const again = await start(["export", runId, "--out", out]);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("is not empty")]);
  });

  it("shows and exports what its code differed in from the commit", async () => {
    const { stages } = await api.retort.runs.get.query({ runId });
    const diff = "diff --git a/new.ts b/new.ts\n";
    const { sha256, sizeBytes } = await api.store.put(Buffer.from(diff));
    const change =
      "UPDATE attempt SET git_commit = $2, git_diff_sha256 = $3, git_diff_bytes = $4, is_git_diff_kept = $5";
    const record = (stageId: string, values: unknown[]) =>
      api.db.pool.query(`${change} WHERE stage_id = $1`, [stageId, ...values]);
    await record(stages[0]!.id, ["c0ffee", sha256, sizeBytes, true]);
    await record(stages[1]!.id, ["c0ffee", "0".repeat(64), 2 ** 23, false]);

    const { stdout } = await start(["show", runId]);
    expect(stdout).toMatch(new RegExp(`work +1 +c0ffee +sha256 ${sha256.slice(0, 12)}, ${sizeBytes} B\\n`));
    expect(stdout).toMatch(/check +1 +c0ffee +sha256 0{12}, 8\.0 MiB, not kept\n/);
    const out = join(dir, "with-code");
    expect((await start(["export", runId, "--out", out])).code).toBe(0);
    expect(await readdir(join(out, "code"))).toEqual([`${sha256}.diff`]);
    expect(await readFile(join(out, "code", `${sha256}.diff`), "utf8")).toBe(diff);
    const attempts = (await readFile(join(out, "attempts.jsonl"), "utf8")).trimEnd().split("\n");
    expect(JSON.parse(attempts[0]!)).toMatchObject({
      stage: "work",
      number: 1,
      environment: { gitDiffSha256: sha256 },
    });

    const headers = { authorization: `Bearer ${api.apiKey}` };
    const ask = (stageId: string, number: number) =>
      fetch(`${api.url}/api/stages/${stageId}/attempts/${number}/changes`, { headers });
    expect((await ask(stages[0]!.id, 1)).status).toBe(200);
    expect([(await ask(stages[0]!.id, 2)).status, (await ask(stages[1]!.id, 1)).status]).toEqual([404, 404]);
    expect((await fetch(`${api.url}/api/stages/${stages[0]!.id}/attempts/1/changes`)).status).toBe(401);
  }, 90_000);

  it("has nothing to cancel or retry", async () => {
    expect(await start(["cancel", runId])).toMatchObject({ code: 1, stderr: expect.stringContaining("error: ") });
    expect((await start(["retry", runId])).code).toBe(1);
    const missing = await start(["show", "no-such-run"]);
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('no run "no-such-run"')]);
  });
});

describe("other commands", () => {
  it("list recipes and a recipe's parameters", async () => {
    expect((await start(["recipes"])).stdout).toMatch(/^diagnostic\n +Checks an installation/m);
    const { stdout } = await start(["recipes", "diagnostic"]);
    expect(stdout).toMatch(/^ {2}steps=20\n {6}integer 1\.\.1000000\. Steps of work/m);
    expect(stdout).toContain("Stages: work, check (after work)");
  });

  it("list workers", async () => {
    const list = async () => (await start(["workers"])).stdout;
    await expect.poll(list, { timeout: 60_000 }).toMatch(/online .*cpu/);
    expect(await list()).not.toContain("GPUS");
  }, 90_000);

  it("list what the graphics processors of a worker do", async () => {
    const machine = { host: "rack", pid: 1, devices: ["cpu", "cuda"], threads: 4, memoryBytes: 2 ** 34 };
    const { id } = await api.db.workers.register({ name: "with-gpus", ...machine });
    const used = { memoryUsedBytes: 2 ** 30, memoryTotalBytes: 2 ** 31 };
    await api.db.workerSamples.record(id, {
      ...{ cpuLoad: 0.5, ownMemoryBytes: 1, ...used },
      gpus: [
        { name: "Alpha", load: 0.87, ...used },
        { name: "Beta", load: null, memoryUsedBytes: null, memoryTotalBytes: null },
      ],
    });
    const { stdout } = await start(["workers"]);
    await api.db.workers.leave(id);
    expect(stdout).toMatch(/IN USE +GPUS +STAGES/);
    expect(stdout).toMatch(/with-gpus .*50 % +1\.0 GiB +Alpha 87 %, 1\.0 GiB of 2\.0 GiB; Beta - +0/);
  });

  it("list runs of every status that there is", async () => {
    const started = await Promise.all(runStatuses.map((status) => start(["ls", "--status", status])));
    expect(started.map(({ code, stderr }) => [code, stderr.includes("error")])).toEqual(
      runStatuses.map(() => [0, false]),
    );
    const wrong = await start(["ls", "--status", "lost"]);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining(runStatuses.join(", "))]);
  }, 90_000);

  it("print a link that signs in", async () => {
    const { stdout } = await start(["link"]);
    const response = await fetch(stdout.trim(), { redirect: "manual" });
    expect([response.status, response.headers.get("location")]).toEqual([303, "/"]);
  });

  it("say how to start a server when there is none", async () => {
    const nowhere = await start(["ls"], { home: join(dir, "nowhere") });
    expect(nowhere.code).toBe(1);
    expect(nowhere.stderr).toContain("npm start");
    expect(nowhere.stderr).not.toContain("    at ");
  });

  it("refuse a wrong key", async () => {
    const home = await mkdtemp(join(dir, "other-"));
    await writeFile(join(home, "server.json"), JSON.stringify({ url: api.url }));
    await writeFile(join(home, "api-key"), "wrong");
    const { code, stderr } = await start(["ls"], { home });
    expect([code, stderr]).toEqual([1, expect.stringContaining("Not signed in")]);
  });

  it("say their version, and what there is", async () => {
    expect(await start(["--version"])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
    expect(await start(["--help"])).toMatchObject({ code: 0, stdout: expect.stringContaining("launch") });
  });
});

describe("a model made of parts", () => {
  it("is evaluated on a published benchmark and exported with its card", async () => {
    const picture = Buffer.from(
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==",
      "base64",
    );
    await writeFile(join(dir, "1.png"), picture);
    const line = { question_id: 1, image: "1.png", text: "Is there a circle?", label: "yes" };
    await writeFile(join(dir, "coco_pope_random.json"), JSON.stringify(line));
    const words = { source: "words", data: { adapter: "scenes", params: { numTrainImages: 20, numTestImages: 1 } } };
    const benchmarks = [{ benchmark: "pope", params: { folder: dir, images: dir } }];
    const launched = await start([
      "launch",
      "llava-files",
      "--set",
      `model.tokenizer=${JSON.stringify(words)}`,
      "--set",
      `evaluation.benchmarks=${JSON.stringify(benchmarks)}`,
      "--set",
      "evaluation.numNewTokens=2",
      "--name",
      "parts",
      "--watch",
    ]);
    expect([launched.code, launched.stdout]).toEqual([0, expect.stringMatching(/parts +0 +succeeded/)]);

    const out = join(dir, "parts");
    const exported = await start(["export", "parts", "--parts", "--out", out, "--prompt-tokens", "8"]);
    expect([exported.code, exported.stderr]).toEqual([0, ""]);
    const names = [
      "README.md",
      "config.json",
      "decoder_merged.onnx",
      "decoder_prefill.onnx",
      "decoder_step.onnx",
      "parts.json",
      "projector.onnx",
      "tokenizer.word.json",
      "vision.onnx",
    ];
    expect((await readdir(out)).sort()).toEqual(names);
    const card = await readFile(join(out, "README.md"), "utf8");
    expect(card).toMatch(/\| import \| model-import \| - \| 0 \| `[0-9a-f]{16}` \| `[0-9a-f]{32}` \|/);
    expect(card).toMatch(/\| pope\/test \| full \| 1 \| benchmarkScore \|/);
    const [run] = (await api.retort.runs.list.query({ search: "parts" })).runs;
    const [model] = await api.retort.artifacts.list.query({ runId: run!.id });
    expect(model).toMatchObject({ name: "model", parts: "served" });
    const parts = (query: string) =>
      fetch(`${api.url}/api/artifacts/${model!.id}/parts?${query}`, {
        headers: { authorization: `Bearer ${api.apiKey}` },
      });
    const archive = unzipSync(new Uint8Array(await (await parts(`run=${run!.id}&promptTokens=8`)).arrayBuffer()));
    expect(Object.keys(archive).sort()).toEqual(names);
    for (const name of names) expect(Buffer.from(archive[name]!).equals(await readFile(join(out, name)))).toBe(true);
    const refused = await parts(`run=${run!.id}&promptTokens=0`);
    expect([refused.status, await refused.json()]).toMatchObject([
      400,
      { error: { code: "BAD_QUERY", where: "promptTokens" } },
    ]);

    const missing = await start(["export", "parts", "--parts", "--stage", "sft", "--out", join(dir, "none")]);
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining("Stages with a model: import")]);
  }, 300_000);
});

describe("a teacher from an earlier run", () => {
  const training = { numSteps: 10, batchSize: 4, numTextTokens: 64, warmupSteps: 0 };
  const common = {
    data: { adapter: "scenes", params: { numTrainImages: 12, numTestImages: 4 } },
    encoder: { from: "questions", size: "nano", training: { numSteps: 10, batchSize: 4 } },
    evaluation: { blanked: false, numNewTokens: 2, numSampleImages: 0 },
  };
  const model = (dim: number) => ({
    decoder: { dim, layers: 1, heads: 2, kvHeads: 1, hidden: 16, ropeBase: 10_000 },
    ...{ language: training, alignment: training, tuning: training },
  });
  const set = (params: object) =>
    Object.entries(params).flatMap(([key, value]) => ["--set", `${key}=${JSON.stringify(value)}`]);

  it("teaches a student that names it by the end of its id", async () => {
    const trained = ["launch", "llava-teacher", ...set({ ...common, teacher: model(16) }), "--name", "taught before"];
    expect(await start([...trained, "--watch"])).toMatchObject({ code: 0 });
    const [teacher] = (await api.retort.runs.list.query({ search: "taught before" })).runs;
    const named = ["--set", "teacher.from=run", "--set", `teacher.run=${teacher!.id.slice(-8)}`];
    const student = { ...common, scheme: ["PT", "DFT"], student: { ...model(8), numImages: 8 } };
    const launched = await start(["launch", "llava-kd", ...set(student), ...named, "--name", "pupil", "--watch"]);
    expect([launched.code, launched.stdout]).toEqual([0, expect.stringMatching(/pupil +0 +succeeded/)]);
    const shown = await start(["show", "pupil"]);
    expect(shown.stdout).toMatch(new RegExp(`teacher +succeeded \\(of run ${teacher!.id.slice(-8)}\\)`));
    expect(shown.stdout).not.toContain("teacher-language");

    const out = join(dir, "pupil");
    expect(await start(["export", "pupil", "--parts", "--out", out])).toMatchObject({ code: 0, stderr: "" });
    const card = await readFile(join(out, "README.md"), "utf8");
    expect(card).toContain(`\`teacher\` was taken from run \`${teacher!.id}\` (taught before)`);
    expect(card).toMatch(/\| \S+ \| lm-pretrain \|[^\n]+\n[\s\S]+was taken from run[\s\S]+\| lm-pretrain \|/);

    const missing = await start(["launch", "llava-kd", "--set", "teacher.from=run", "--set", "teacher.run=nowhere"]);
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('There is no run "nowhere"')]);
  }, 300_000);
});

// Last: with a second project every launch has to name one.
describe("retort projects", () => {
  it("are made, limited and listed", async () => {
    expect((await start(["projects", "create", "night", "--name", "By night"])).stdout).toBe(
      "night: any number of stages at once, share 1, shares results\n",
    );
    await start(["projects", "limit", "night", "--running", "2", "--share", "0.5"]);
    await start(["projects", "isolate", "night"]);
    expect((await start(["projects"])).stdout).toMatch(/night +By night +2 +0\.5 +its own/);
    await start(["projects", "join", "night"]);
    expect((await start(["projects", "limit", "night", "--running", "none"])).stdout).toBe(
      "night: any number of stages at once, share 0.5, shares results\n",
    );
    const nothing = await start(["projects", "limit", "night"]);
    expect(nothing).toMatchObject({ code: 2, stderr: expect.stringContaining("Give --running or --share") });
    const unknown = await start(["projects", "limit", "day", "--share", "2"]);
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining("day") });
  }, 60_000);
});
