import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Artifact, Run } from "@retort/api";
import type { Retort } from "@retort/api/client";
import { exportParts, modelCard, type PartsOptions, readModel } from "@retort/core/node";
import { CliError } from "../cli-error.ts";
import { makeEmptyDir } from "../output/empty-dir.ts";
import type { Server } from "../server.ts";
import { download } from "./download.ts";

export interface WritePartsOptions {
  retort: Retort;
  server: Server;
  runId: string;
  dir: string;
  /** Stage whose model is written; the last that left one when absent. */
  stage: string | undefined;
  parts: PartsOptions;
}

/**
 * Writes a run's model as one ONNX file a part, with its tokenizer and README.md, a model card made from the run's record.
 * @throws CliError when the run has no such model, or the folder holds something already
 */
export async function writeParts({
  retort,
  server,
  ...options
}: WritePartsOptions): Promise<{ dir: string; files: string[] }> {
  const dir = resolve(options.dir);
  const run = await retort.runs.get.query({ runId: options.runId });
  const artifact = modelOf(run, options.stage);
  await makeEmptyDir(dir);
  const model = readModel(await fetched(server, artifact), artifact.fileName);
  const files = exportParts(model, options.parts);
  const lineage = await retort.artifacts.lineage.query({ runId: run.id, artifactId: artifact.id });
  const card = modelCard(model, lineage, files);
  const all = [{ name: "README.md", contents: card }, ...files];
  for (const { name, contents } of all) await writeFile(join(dir, name), contents);
  return { dir, files: all.map(({ name }) => name) };
}

function modelOf(run: Run, name: string | undefined): Artifact {
  const models = run.stages.flatMap((stage) => {
    const artifact = stage.artifacts.find((each) => each.parts !== "none");
    return artifact && (name === undefined || stage.name === name) ? [artifact] : [];
  });
  const last = models.at(-1);
  if (last !== undefined) return last;
  const having = run.stages.filter(({ artifacts }) => artifacts.some((each) => each.parts !== "none"));
  throw new CliError(name === undefined ? `${run.name} has left no model` : `The stage ${name} has left no model`, {
    fix:
      having.length === 0
        ? "Wait until a stage that trains has finished"
        : `Stages with a model: ${having.map((stage) => stage.name).join(", ")}`,
  });
}

async function fetched(server: Server, artifact: Artifact): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), "retort-export-"));
  try {
    const path = join(folder, "model.onnx");
    await download(server, artifact, path);
    return await readFile(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
