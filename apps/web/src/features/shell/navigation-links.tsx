"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { cx } from "../../ui/class-names.ts";
import { isCurrent, pages } from "./navigation.ts";

export function NavigationLinks() {
  const path = usePathname();
  return (
    <ul className="flex h-full items-stretch gap-0.5 lg:gap-1">
      {pages.map(({ href, label }) => {
        const current = isCurrent(href, path);
        return (
          <li key={href} className="flex">
            <Link
              href={href}
              aria-current={current ? "page" : undefined}
              className={cx(
                "-mb-px flex items-center border-b-2 px-2 text-base lg:px-2.5 -outline-offset-4",
                current ? "border-copper font-medium text-ink" : "border-transparent text-ink-2 hover:text-ink",
              )}
            >
              {label}
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
