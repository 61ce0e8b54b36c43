import { join, resolve } from "node:path";
import type { Artifact, Attempt, Run, Stage } from "@retort/api";
import type { Retort } from "@retort/api/client";
import { csv } from "../output/csv.ts";
import { makeEmptyDir } from "../output/empty-dir.ts";
import type { Server } from "../server.ts";
import { download, downloadFrom } from "./download.ts";
import { writeLines } from "./write-lines.ts";

export interface WriteRunOptions {
  retort: Retort;
  server: Server;
  runId: string;
  dir: string;
}

/**
 * Writes everything that is known of a run:
 * run.json, metrics.csv (stage,key,step,value), logs.jsonl, attempts.jsonl, evaluations/<data set>.<split>.<condition>.jsonl (a sample
 * a line), artifacts/<stage>/<file> and code/<sha256>.diff (what an attempt's code differed in from its commit), each checked by sha256.
 * @throws CliError when the folder holds something already
 */
export async function writeRun(options: WriteRunOptions): Promise<{ dir: string; files: string[] }> {
  const { retort, server, runId } = options;
  const dir = resolve(options.dir);
  await makeEmptyDir(dir);
  const run = await retort.runs.get.query({ runId });
  const files = ["run.json", "metrics.csv", "logs.jsonl", "attempts.jsonl"];
  const attempts = await attemptsOf(retort, run);
  await writeLines(join(dir, "run.json"), [JSON.stringify(run, null, 2)]);
  await writeLines(join(dir, "metrics.csv"), metricLines(retort, run));
  await writeLines(join(dir, "logs.jsonl"), logLines(retort, run));
  await writeLines(
    join(dir, "attempts.jsonl"),
    attempts.map(({ stage, attempt }) => JSON.stringify({ stage: stage.name, ...attempt })),
  );
  for (const evaluation of run.evaluations) {
    const { dataset, split, condition } = evaluation;
    const name = join("evaluations", `${[dataset, split, condition].map(safe).join(".")}.jsonl`);
    await writeLines(join(dir, name), sampleLines(retort, evaluation.id));
    files.push(name);
  }
  for (const { stage, artifact } of artifactsOf(run)) {
    const name = join("artifacts", safe(stage.name), artifact.fileName);
    await download(server, artifact, join(dir, name));
    files.push(name);
  }
  for (const { stage, attempt } of attempts) {
    if (attempt.environment === null) continue;
    const { gitDiffSha256, isGitDiffKept } = attempt.environment;
    if (gitDiffSha256 === null || !isGitDiffKept) continue;
    const name = join("code", `${gitDiffSha256}.diff`);
    if (files.includes(name)) continue;
    const path = `/api/stages/${stage.id}/attempts/${attempt.number}/changes`;
    await downloadFrom(server, { path, fileName: name, sha256: gitDiffSha256 }, join(dir, name));
    files.push(name);
  }
  return { dir, files };
}

async function attemptsOf(retort: Retort, run: Run): Promise<{ stage: Stage; attempt: Attempt }[]> {
  const ofStages = run.stages.map(async (stage) => {
    const attempts = await retort.stages.attempts.query({ stageId: stage.id });
    return attempts.map((attempt) => ({ stage, attempt }));
  });
  return (await Promise.all(ofStages)).flat();
}

async function* metricLines(retort: Retort, run: Run): AsyncGenerator<string> {
  yield "stage,key,step,value";
  for (const stage of run.stages) {
    let cursor: string | null = null;
    do {
      const page: { points: { key: string; step: number; value: number }[]; cursor: string | null } =
        await retort.stages.points.query({ stageId: stage.id, cursor });
      for (const { key, step, value } of page.points) yield `${csv(stage.name)},${csv(key)},${step},${value}`;
      cursor = page.cursor;
    } while (cursor !== null);
  }
}

async function* logLines(retort: Retort, run: Run): AsyncGenerator<string> {
  for (const stage of run.stages) {
    let afterSeq: number | null = -1;
    while (afterSeq !== null) {
      const { lines } = await retort.stages.logs.query({ stageId: stage.id, afterSeq, limit: 5000 });
      for (const line of lines) yield JSON.stringify({ stage: stage.name, ...line });
      afterSeq = lines.at(-1)?.seq ?? null;
    }
  }
}

const samplesPerPage = 2000;

async function* sampleLines(retort: Retort, evaluationId: string): AsyncGenerator<string> {
  for (let offset = 0; ; offset += samplesPerPage) {
    const { total, samples } = await retort.evaluations.samples.query({ evaluationId, offset, limit: samplesPerPage });
    for (const sample of samples) yield JSON.stringify(sample);
    if (offset + samples.length >= total) return;
  }
}

function artifactsOf(run: Run): { stage: Stage; artifact: Artifact }[] {
  return run.stages.flatMap((stage) => stage.artifacts.map((artifact) => ({ stage, artifact })));
}

function safe(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9._-]+/g, "-");
}
