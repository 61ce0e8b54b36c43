import type { QueuePlace } from "@retort/api";
import { CircleDashed, CircleDot, CirclePause, LoaderCircle, ShieldAlert } from "lucide-react";
import type { ComponentType, SVGProps } from "react";
import { cx } from "../../ui/class-names.ts";

interface Look {
  label: string;
  /** What it means to stand there. */
  note: string;
  color: string;
  Icon: ComponentType<SVGProps<SVGSVGElement>>;
}

/** Where a stage may stand in the line, told by shape and word. */
export const places: Record<QueuePlace, Look> = {
  running: { label: "Running", note: "A worker has it", color: "text-running", Icon: LoaderCircle },
  ready: { label: "Next", note: "The first worker with room takes it", color: "text-ink-2", Icon: CircleDot },
  held: { label: "Held back", note: "Ready, and may not start now", color: "text-warn", Icon: CirclePause },
  pending: { label: "Pending", note: "Waits for stages before it", color: "text-ink-3", Icon: CircleDashed },
  quarantined: { label: "Quarantined", note: "Waits to be released", color: "text-danger", Icon: ShieldAlert },
};

export function PlaceIcon({ place, className }: { place: QueuePlace; className?: string }) {
  const { Icon, color } = places[place];
  return <Icon aria-hidden className={cx("size-4 shrink-0 self-center", color, className)} />;
}

export function PlaceLabel({ place }: { place: QueuePlace }) {
  const { label, note, color } = places[place];
  return (
    <span
      title={note}
      data-place={place}
      className={cx("inline-flex items-baseline gap-1.5 text-sm font-medium whitespace-nowrap", color)}
    >
      <PlaceIcon place={place} />
      {label}
    </span>
  );
}
