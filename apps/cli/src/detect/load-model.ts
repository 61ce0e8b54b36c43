import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Retort } from "@retort/api/client";
import { CliError } from "../cli-error.ts";
import type { CliEnv } from "../env.ts";
import { resolveRun, shortId } from "../run-reference.ts";
import { connect, type Server } from "../server.ts";

export interface ModelBytes {
  bytes: Uint8Array;
  /** What error messages call it. */
  where: string;
}

/** A model from a file; else from the server, by an artifact's id or as the model of a run. @throws CliError */
export async function loadModel(reference: string, env: CliEnv): Promise<ModelBytes> {
  if (existsSync(reference)) return { bytes: await readFile(reference), where: reference };
  if (/\.onnx$/i.test(reference)) throw new CliError(`${reference} does not exist`);
  const { retort, server } = await connect(env);
  const direct = await fetchArtifact(server, reference);
  if (direct !== null) return { bytes: direct, where: `artifact ${reference}` };
  const id = await modelOfRun(retort, reference);
  const bytes = await fetchArtifact(server, id);
  if (bytes === null) throw new CliError(`The artifact ${id} is gone`);
  return { bytes, where: `artifact ${id}` };
}

/** Null when there is no artifact of that id. */
async function fetchArtifact(server: Server, id: string): Promise<Uint8Array | null> {
  const url = new URL(`/api/artifacts/${encodeURIComponent(id)}/download`, server.url);
  const response = await fetch(url, { headers: { authorization: `Bearer ${server.apiKey}` } });
  if (response.status === 404) return null;
  if (!response.ok) throw new CliError(`The model cannot be downloaded: ${response.status} ${await response.text()}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const promised = response.headers.get("etag")?.replaceAll('"', "");
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (promised !== undefined && promised !== sha256) {
    throw new CliError(`The model arrived damaged: expected sha256 ${promised}, got ${sha256}`);
  }
  return bytes;
}

async function modelOfRun(retort: Retort, reference: string): Promise<string> {
  const runId = await resolveRun(retort, reference);
  const models = (await retort.artifacts.list.query({ runId })).filter(({ name }) => name === "model");
  if (models.length === 1) return models[0]!.id;
  if (models.length === 0) throw new CliError(`The run ${shortId(runId)} has left no model`);
  throw new CliError(`The run ${shortId(runId)} has left ${models.length} models`, {
    fix: `Give one by its id: ${models.map(({ id, stageName }) => `${id} (${stageName})`).join(", ")}`,
  });
}
