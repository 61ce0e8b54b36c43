import { isStageKind, type StageDefinition, stageDefinitions } from "@retort/core";
import type { ArtifactRow, Database } from "@retort/db";
import type { Artifact } from "../contract/artifact.ts";

export async function listArtifacts(db: Database, runId: string): Promise<Artifact[]> {
  const rows = await db.artifacts.forRun(runId);
  return rows.map(({ attempt: _, stageKind, ...row }) => ({
    ...row,
    fileName: fileName(row),
    hasParts: hasParts(stageKind, row.name),
  }));
}

function hasParts(kind: string, name: string): boolean {
  if (!isStageKind(kind)) return false;
  const { outputs }: Pick<StageDefinition<never>, "outputs"> = stageDefinitions[kind];
  return outputs[name]?.hasParts === true;
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
