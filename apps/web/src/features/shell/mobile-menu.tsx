"use client";

import { Menu, X } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { Dialog } from "radix-ui";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { isCurrent, pages, settingsPage } from "./navigation.ts";

/** The pages on a narrow screen. */
export function MobileMenu() {
  const [open, setOpen] = useState(false);
  const path = usePathname();
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Dialog.Trigger asChild>
        <Button look="quiet" size="icon" aria-label="Menu" className="size-10 md:hidden">
          <Menu />
        </Button>
      </Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-black/30" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed inset-x-0 top-0 z-50 border-b border-line-strong bg-surface px-4 pt-2 pb-4 shadow-float"
        >
          <div className="flex h-10 items-center justify-between">
            <Dialog.Title className="label">Pages</Dialog.Title>
            <Dialog.Close asChild>
              <Button look="quiet" size="icon" aria-label="Close menu" className="size-10">
                <X />
              </Button>
            </Dialog.Close>
          </div>
          <nav aria-label="Pages">
            <ul>
              {[...pages, settingsPage].map(({ href, label, Icon }) => {
                const current = isCurrent(href, path);
                return (
                  <li key={href}>
                    <Link
                      href={href}
                      onClick={() => setOpen(false)}
                      aria-current={current ? "page" : undefined}
                      className={cx(
                        "flex h-12 items-center gap-3 rounded-md px-2 text-lg",
                        current && "bg-sunken font-medium",
                      )}
                    >
                      <Icon aria-hidden className={cx("size-5", current ? "text-copper" : "text-ink-3")} />
                      {label}
                    </Link>
                  </li>
                );
              })}
            </ul>
          </nav>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
