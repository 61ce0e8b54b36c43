import { Slot } from "radix-ui";
import type { ComponentProps } from "react";
import { cx } from "./class-names.ts";

type Look = "primary" | "plain" | "quiet" | "danger";

const looks: Record<Look, string> = {
  primary: "bg-ink text-paper hover:bg-ink-2 border-transparent",
  plain: "bg-surface text-ink border-control hover:bg-sunken",
  quiet: "bg-transparent text-ink-2 border-transparent hover:bg-sunken hover:text-ink",
  danger: "bg-surface text-danger border-danger hover:bg-danger-soft",
};

export function Button({
  look = "plain",
  size = "md",
  asChild = false,
  className,
  type = "button",
  ...rest
}: ComponentProps<"button"> & { look?: Look; size?: "sm" | "md" | "icon"; asChild?: boolean }) {
  const Tag = asChild ? Slot.Root : "button";
  return (
    <Tag
      {...(asChild ? {} : { type })}
      className={cx(
        "inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md border font-medium whitespace-nowrap select-none",
        "transition-colors disabled:cursor-not-allowed disabled:opacity-50 [&_svg]:size-4 [&_svg]:shrink-0",
        size === "md" && "h-9 px-3.5 text-base",
        size === "sm" && "h-7 px-2.5 text-sm [&_svg]:size-3.5",
        size === "icon" && "size-8",
        looks[look],
        className,
      )}
      {...rest}
    />
  );
}
