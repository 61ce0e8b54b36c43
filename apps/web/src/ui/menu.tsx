"use client";

import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";
import { cx } from "./class-names.ts";

/** What opens below a button. */
export function Menu({
  trigger,
  className,
  children,
}: {
  trigger: ReactNode;
  className?: string;
  children: ReactNode;
}) {
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          sideOffset={6}
          collisionPadding={12}
          className={cx(
            "z-50 max-w-[calc(100vw-1.5rem)] min-w-44 rounded-lg border border-line-strong bg-surface p-1 shadow-float",
            className,
          )}
        >
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

const itemLook =
  "flex cursor-pointer flex-col rounded-md px-2.5 py-1.5 text-sm outline-none data-[highlighted]:bg-sunken data-[disabled]:cursor-not-allowed data-[disabled]:opacity-50";

/** Something to do, and what it means. */
export function MenuItem({ note, onSelect, children }: { note: string; onSelect(): void; children: ReactNode }) {
  return (
    <DropdownMenu.Item className={itemLook} onSelect={onSelect}>
      {children}
      <MenuNote>{note}</MenuNote>
    </DropdownMenu.Item>
  );
}

export function MenuNote({ children }: { children: ReactNode }) {
  return <span className="text-xs text-ink-3">{children}</span>;
}

/** The same, where doing it is going to another page; `children` is the link. */
export function MenuLink({ children }: { children: ReactNode }) {
  return (
    <DropdownMenu.Item className={itemLook} asChild>
      {children}
    </DropdownMenu.Item>
  );
}
