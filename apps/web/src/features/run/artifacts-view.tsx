"use client";

import type { Artifact, Run } from "@retort/api";
import { Download, Package } from "lucide-react";
import { formatBytes, formatCount } from "../../format/number.ts";
import { toWords } from "../../format/words.ts";
import { Button } from "../../ui/button.tsx";
import { Command, CopyButton } from "../../ui/copy.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Sheet } from "../../ui/panel.tsx";
import { Ago } from "../../ui/time.tsx";

/** Files that the run's stages left, models first. */
export function ArtifactsView({ run }: { run: Run }) {
  const artifacts = run.stages
    .flatMap(({ artifacts: ofStage }) => ofStage)
    .sort((a, b) => Number(isModel(b)) - Number(isModel(a)));
  if (artifacts.length === 0) {
    return (
      <Empty title="No files yet">
        {run.finishedAt === null
          ? "A stage stores its files when it finishes: the trained model as ONNX, tables, reports."
          : "No stage of this run has stored a file."}
      </Empty>
    );
  }
  return (
    <Sheet>
      <ul aria-label="Artifacts">
        {artifacts.map((artifact) => (
          <li
            key={artifact.id}
            className="flex flex-wrap items-center gap-x-6 gap-y-2 border-b border-line px-4 py-3 last:border-0"
          >
            <div className="min-w-48 flex-1">
              <p className="font-medium break-all">{artifact.fileName}</p>
              <p className="text-xs text-ink-3">
                {artifact.name} of {artifact.stageName},{" "}
                <span className="numeric">{formatBytes(artifact.sizeBytes)}</span>, <Ago at={artifact.createdAt} />
              </p>
            </div>
            <dl className="flex flex-wrap gap-x-5 text-xs">
              {notes(artifact).map(([key, value]) => (
                <div key={key}>
                  <dt className="text-ink-3">{toWords(key)}</dt>
                  <dd className="numeric">{value}</dd>
                </div>
              ))}
            </dl>
            <div className="flex items-center gap-1 font-mono text-xs text-ink-3" title={`sha256 ${artifact.sha256}`}>
              {artifact.sha256.slice(0, 12)}
              <CopyButton text={artifact.sha256} label="Copy sha256" />
            </div>
            <div className="flex flex-wrap items-center gap-2">
              {artifact.parts === "too-large" && <Command text={`npx retort export ${run.id.slice(-8)} --parts`} />}
              {artifact.parts === "served" && (
                <Button
                  asChild
                  look="quiet"
                  title="One ONNX file a part for any runtime, with tokenizer and model card"
                >
                  <a href={`/api/artifacts/${artifact.id}/parts?run=${run.id}`} download>
                    <Package /> In parts
                  </a>
                </Button>
              )}
              <Button asChild>
                <a href={`/api/artifacts/${artifact.id}/download`} download={artifact.fileName}>
                  <Download /> Download
                </a>
              </Button>
            </div>
          </li>
        ))}
      </ul>
    </Sheet>
  );
}

function isModel({ kind, fileName }: Artifact): boolean {
  return kind === "onnx" || fileName.endsWith(".onnx");
}

function notes({ meta }: Artifact): [string, string][] {
  return Object.entries(meta)
    .filter(([key, value]) => key !== "fileName" && ["string", "number", "boolean"].includes(typeof value))
    .map(([key, value]) => [
      key,
      typeof value === "number" && Number.isInteger(value) ? formatCount(value) : String(value),
    ]);
}
