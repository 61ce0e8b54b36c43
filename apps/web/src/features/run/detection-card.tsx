"use client";

import type { EvaluationSample } from "@retort/api";
import { ImageOff } from "lucide-react";
import { useState } from "react";
import { formatValue } from "../../format/number.ts";
import { cx } from "../../ui/class-names.ts";
import { Modal } from "../../ui/modal.tsx";

/** Whether a sample is a picture that a detector has scored. */
export function isDetection({ detail }: Pick<EvaluationSample, "detail">): boolean {
  return typeof detail.anomalyScore === "number" && typeof detail.category === "string";
}

/** A picture with the true mask's outline beside its heat map, and where its score places it among all. */
export function DetectionCard({ sample }: { sample: EvaluationSample }) {
  const [open, setOpen] = useState(false);
  const { detail, imageSha256, score, sampleId } = sample;
  const isAnomalous = detail.expected === "anomalous";
  const description = `${String(detail.category)}, ${String(detail.defect)}: picture with the outline of its mask, and heat map`;
  const picture = (
    // biome-ignore lint/performance/noImgElement: made by the evaluation, from our own store
    <img
      src={`/api/images/${imageSha256}`}
      alt={description}
      loading="lazy"
      className="max-h-64 w-full rounded-md bg-sunken object-contain"
    />
  );
  return (
    <li className="flex min-w-0 flex-col gap-2.5 rounded-lg border border-line bg-surface p-3" data-sample={sampleId}>
      {imageSha256 === null ? (
        <div className="flex h-24 items-center justify-center gap-2 rounded-md bg-sunken text-sm text-ink-3">
          <ImageOff aria-hidden className="size-5" /> no picture was kept
        </div>
      ) : (
        <Modal
          open={open}
          onOpenChange={setOpen}
          trigger={
            <button type="button" aria-label={`Enlarge ${sampleId}`} className="rounded-md">
              {picture}
            </button>
          }
          title={`${String(detail.category)}, ${String(detail.defect)}`}
          description={`${sampleId}. Left the picture with the outline of the true mask, right the heat map.`}
        >
          {/* biome-ignore lint/performance/noImgElement: as above */}
          <img src={`/api/images/${imageSha256}`} alt={description} className="w-full rounded-md" />
        </Modal>
      )}
      <div className="flex items-baseline justify-between gap-3 text-sm">
        <span className="min-w-0 truncate font-medium" title={sampleId}>
          {String(detail.category)},{" "}
          <span className={cx(isAnomalous ? "text-danger" : "text-success")}>{String(detail.defect)}</span>
        </span>
        <span className="whitespace-nowrap text-ink-2 numeric" title="The detector's own number">
          {formatValue(detail.anomalyScore as number)}
        </span>
      </div>
      <Place score={score} isAnomalous={isAnomalous} />
    </li>
  );
}

/** The share of the other kind that it is rightly told apart from: its part in the image AUROC. */
function Place({ score, isAnomalous }: { score: number; isAnomalous: boolean }) {
  const text = `scores ${isAnomalous ? "above" : "below"} ${Math.round(score * 100)} % of the ${isAnomalous ? "good" : "anomalous"} ones`;
  return (
    <div>
      <div className="h-1 overflow-hidden rounded-full bg-line">
        <div
          className={cx("h-full", score >= 0.5 ? "bg-success" : "bg-danger")}
          style={{ width: `${Math.max(2, score * 100)}%` }}
        />
      </div>
      <p className="mt-1 text-xs text-ink-3">{text}</p>
    </div>
  );
}
