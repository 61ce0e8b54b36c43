import { extname } from "node:path";
import type { Database, EvaluationInput, Fence } from "@retort/db";
import type { Store } from "@retort/store";
import type { Log } from "../log.ts";
import { messageOf, persist } from "../persistence.ts";
import type { Request } from "./messages.ts";
import type { Reporter } from "./reporter.ts";

export interface RequestServices {
  db: Database;
  store: Store;
  fence: Fence;
  reporter: Reporter;
  /** Checkpoints that the stage keeps. */
  checkpointsKept: number;
  log: Log;
  signal: AbortSignal;
}

type RequestOf<T extends Request["type"]> = Extract<Request, { type: T }>;

/** Does what a stage asks for; resolves when it is safe. First the file, then the row: a row never names what is not there. */
export async function fulfil(request: Request, services: RequestServices): Promise<void> {
  if (request.type === "artifact") return saveArtifact(request, services);
  if (request.type === "checkpoint") return saveCheckpoint(request, services);
  return saveEvaluation(request, services);
}

async function saveArtifact({ name, path, meta }: RequestOf<"artifact">, services: RequestServices): Promise<void> {
  const { db, store, fence, log, signal } = services;
  const stored = await persist(() => store.put({ path }), { what: `Storing artifact ${name}`, log, signal });
  const kind = typeof meta.kind === "string" ? meta.kind : extname(path).slice(1) || "file";
  await persist(() => db.artifacts.record(fence, { name, kind, ...stored, meta }), {
    what: `Recording artifact ${name}`,
    log,
    signal,
  });
}

async function saveCheckpoint({ step, path }: RequestOf<"checkpoint">, services: RequestServices): Promise<void> {
  const { db, store, fence, reporter, checkpointsKept: keep, log, signal } = services;
  const stored = await persist(() => store.put({ path }), { what: "Storing a checkpoint", log, signal });
  // An attempt that resumes from here reports only later steps: what came before has to be there first.
  await reporter.flush();
  const { unreferenced } = await persist(() => db.checkpoints.record(fence, { step, ...stored, keep }), {
    what: `Recording the checkpoint of step ${step}`,
    log,
    signal,
  });
  for (const sha256 of unreferenced) {
    await store
      .delete(sha256)
      .catch((error: unknown) => log("warn", `An old checkpoint stays in the store: ${messageOf(error)}`));
  }
}

async function saveEvaluation({ result }: RequestOf<"evaluation">, services: RequestServices): Promise<void> {
  const { db, store, fence, log, signal } = services;
  // Samples of one cluster share their picture.
  const pictures = new Map<string, string>();
  for (const { clusterId, imagePng } of result.samples) {
    if (imagePng === undefined || pictures.has(clusterId)) continue;
    const stored = await persist(() => store.put(imagePng), { what: "Storing a picture", log, signal });
    pictures.set(clusterId, stored.sha256);
  }
  const evaluation: EvaluationInput = {
    ...result,
    samples: result.samples.map(({ imagePng, ...sample }) => ({
      ...sample,
      imageSha256: imagePng === undefined ? null : pictures.get(sample.clusterId),
    })),
  };
  await persist(() => db.evaluations.save(fence, evaluation), { what: "Saving an evaluation", log, signal });
}
