import type { ComponentProps } from "react";
import { cx } from "./class-names.ts";

/** What may be larger than its place, and scrolls there: with the keyboard, too, for which it takes the focus and has a name. */
export function ScrollRegion({ label, className, ...rest }: { label: string } & ComponentProps<"section">) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable
    <section aria-label={label} tabIndex={0} className={cx("scroll-shadow", className)} {...rest} />
  );
}
