import {
  Ban,
  CircleCheck,
  CircleDashed,
  CircleDot,
  CirclePause,
  CircleX,
  Clock3,
  LoaderCircle,
  Scissors,
} from "lucide-react";
import type { ComponentType, SVGProps } from "react";
import { cx } from "./class-names.ts";

export type Status =
  | "pending"
  | "queued"
  | "ready"
  | "running"
  | "succeeded"
  | "failed"
  | "cancelled"
  | "pruned"
  | "paused"
  | "finished";

interface Look {
  label: string;
  color: string;
  Icon: ComponentType<SVGProps<SVGSVGElement>>;
  spins?: boolean;
}

/** A status is told by shape and word; colour only helps. */
export const statusLooks: Record<Status, Look> = {
  pending: { label: "Pending", color: "text-ink-3", Icon: CircleDashed },
  queued: { label: "Queued", color: "text-ink-3", Icon: Clock3 },
  ready: { label: "Ready", color: "text-ink-2", Icon: CircleDot },
  running: { label: "Running", color: "text-running", Icon: LoaderCircle, spins: true },
  succeeded: { label: "Succeeded", color: "text-success", Icon: CircleCheck },
  failed: { label: "Failed", color: "text-danger", Icon: CircleX },
  cancelled: { label: "Cancelled", color: "text-ink-3", Icon: Ban },
  paused: { label: "Paused", color: "text-warn", Icon: CirclePause },
  finished: { label: "Finished", color: "text-success", Icon: CircleCheck },
  pruned: { label: "Pruned", color: "text-ink-3", Icon: Scissors },
};

export function StatusIcon({ status, className }: { status: Status; className?: string }) {
  const { Icon, color, spins } = statusLooks[status];
  return (
    <Icon
      aria-hidden
      className={cx("size-4 shrink-0 self-center", color, spins && "animate-[spin_2.4s_linear_infinite]", className)}
    />
  );
}

export function StatusLabel({ status, className }: { status: Status; className?: string }) {
  const { label, color } = statusLooks[status];
  return (
    <span
      data-status={status}
      className={cx("inline-flex items-baseline gap-1.5 font-medium whitespace-nowrap", color, className)}
    >
      <StatusIcon status={status} />
      {label}
    </span>
  );
}
