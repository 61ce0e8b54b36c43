"use client";

import type { Worker } from "@retort/api";
import { CircleCheck, CircleOff, CirclePause } from "lucide-react";
import { cx } from "../../ui/class-names.ts";

const looks = {
  online: { label: "Online", color: "text-success", Icon: CircleCheck },
  draining: { label: "Draining", color: "text-warn", Icon: CirclePause },
  gone: { label: "Gone", color: "text-ink-3", Icon: CircleOff },
} as const;

export function WorkerState({ status }: Pick<Worker, "status">) {
  const { label, color, Icon } = looks[status as keyof typeof looks] ?? { ...looks.gone, label: status };
  return (
    <span className={cx("inline-flex items-center gap-1.5 text-sm font-medium", color)}>
      <Icon aria-hidden className="size-4 shrink-0" /> {label}
    </span>
  );
}
