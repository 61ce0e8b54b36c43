import type { EvaluationSample } from "@retort/api";
import { Check, ImageOff, X } from "lucide-react";
import { toWords } from "../../format/words.ts";
import { cx } from "../../ui/class-names.ts";
import { DetectionCard, isDetection } from "./detection-card.tsx";

const known = ["question", "expected", "given", "answers", "answerType"];

/** One question: the picture, what was expected, and what was answered under each condition. */
export function SampleCard(props: {
  sample: EvaluationSample;
  /** Of the evaluation that the sample is of. */
  label: string;
  controls: readonly { label: string; sample: EvaluationSample | null }[];
}) {
  const { sample, label, controls } = props;
  if (isDetection(sample)) return <DetectionCard sample={sample} />;
  const { detail, imageSha256 } = sample;
  const question = text(detail.question) ?? sample.sampleId;
  const others = Object.entries(detail).filter(([key]) => !known.includes(key));
  return (
    <li className="flex min-w-0 gap-3.5 rounded-lg border border-line bg-surface p-3" data-sample={sample.sampleId}>
      {imageSha256 === null ? (
        <div
          className="flex size-24 shrink-0 items-center justify-center rounded-md bg-sunken text-ink-3"
          title="No picture was kept for this sample"
        >
          <ImageOff aria-hidden className="size-5" />
        </div>
      ) : (
        // biome-ignore lint/performance/noImgElement: small PNGs from our own store, shown pixel by pixel
        <img
          src={`/api/images/${imageSha256}`}
          alt={sample.clusterId}
          loading="lazy"
          width={96}
          height={96}
          className="size-24 shrink-0 rounded-md bg-sunken object-contain [image-rendering:pixelated]"
        />
      )}
      <div className="min-w-0 flex-1">
        <p className="mb-1.5 line-clamp-3 text-sm font-medium" title={question}>
          {question}
        </p>
        <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 text-sm">
          <Row label="Expected">{text(detail.expected) ?? "–"}</Row>
          <Row label={controls.length === 0 ? "Given" : label}>
            <Verdict sample={sample} />
          </Row>
          {controls.map((control) => (
            <Row key={control.label} label={control.label}>
              {control.sample === null ? <span className="text-ink-3">–</span> : <Verdict sample={control.sample} />}
            </Row>
          ))}
          {others.map(([key, value]) => (
            <Row key={key} label={toWords(key)}>
              {text(value) ?? JSON.stringify(value)}
            </Row>
          ))}
        </dl>
      </div>
    </li>
  );
}

function Row({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <>
      <dt className="text-xs leading-5 whitespace-nowrap text-ink-3">{label}</dt>
      <dd className="min-w-0 truncate">{children}</dd>
    </>
  );
}

/** The answer with right, partly right or wrong told by sign and word. */
function Verdict({ sample }: { sample: EvaluationSample }) {
  const given = text(sample.detail.given);
  const right = sample.score >= 0.5;
  return (
    <span className={cx("inline-flex max-w-full items-center gap-1", right ? "text-success" : "text-danger")}>
      {right ? (
        <Check aria-label="right" className="size-3.5 shrink-0" />
      ) : (
        <X aria-label="wrong" className="size-3.5 shrink-0" />
      )}
      <span className="truncate text-ink" title={given}>
        {given === undefined ? "–" : given === "" ? "(nothing)" : given}
      </span>
      {sample.score > 0 && sample.score < 1 && (
        <span className="text-xs text-ink-3 numeric">{sample.score.toFixed(2)}</span>
      )}
    </span>
  );
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : undefined;
}
