"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { Button } from "../../ui/button.tsx";
import { isCurrent, settingsPage } from "./navigation.ts";

export function SettingsLink() {
  const { href, label, Icon } = settingsPage;
  const current = isCurrent(href, usePathname());
  return (
    <Button
      asChild
      look="quiet"
      size="icon"
      className="max-md:hidden aria-[current=page]:bg-sunken aria-[current=page]:text-copper"
    >
      <Link href={href} aria-label={label} title={label} aria-current={current ? "page" : undefined}>
        <Icon />
      </Link>
    </Button>
  );
}
