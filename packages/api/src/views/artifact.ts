import { isStageKind, type StageDefinition, stageDefinitions } from "@retort/core";
import type { ArtifactRow, Database } from "@retort/db";
import type { Artifact } from "../contract/artifact.ts";

export async function listArtifacts(db: Database, runId: string): Promise<Artifact[]> {
  const rows = await db.artifacts.forRun(runId);
  return rows.map(({ attempt: _, stageKind, ...row }) => ({
    ...row,
    fileName: fileName(row),
    parts: partsOf(stageKind, row),
  }));
}

/** The server holds a model, what it writes of it (the decoder three times) and the archive in memory. */
export const LARGEST_SERVED_MODEL_BYTES = 64 * 2 ** 20;

function partsOf(kind: string, { name, sizeBytes }: Pick<ArtifactRow, "name" | "sizeBytes">): Artifact["parts"] {
  if (!isStageKind(kind)) return "none";
  const { outputs }: Pick<StageDefinition<never>, "outputs"> = stageDefinitions[kind];
  if (outputs[name]?.hasParts !== true) return "none";
  return sizeBytes > LARGEST_SERVED_MODEL_BYTES ? "too-large" : "served";
}

/** What a download is saved as: the artifact's name with its file type, in letters that every system takes. */
export function fileName({ name, kind, meta }: Pick<ArtifactRow, "name" | "kind" | "meta">): string {
  const given = typeof meta.fileName === "string" ? meta.fileName : name;
  const safe = given.replaceAll(/[^A-Za-z0-9._-]+/g, "-").replace(/^[.-]+/, "") || "artifact";
  return /\.[A-Za-z0-9]+$/.test(safe) ? safe : `${safe}${extensions[kind] ?? ""}`;
}

const extensions: Record<string, string> = {
  onnx: ".onnx",
  json: ".json",
  tokenizer: ".json",
  report: ".json",
  csv: ".csv",
  image: ".png",
};
