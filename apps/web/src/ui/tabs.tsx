"use client";

import { Tabs } from "radix-ui";
import { type ReactNode, useState } from "react";

export interface PageTab {
  /** As the address has it. */
  name: string;
  label: ReactNode;
  content: ReactNode;
}

/** Parts of a page of which one is seen at a time; the address remembers which, the first one goes without saying. */
export function PageTabs({
  label,
  tabs,
  initial,
}: {
  label: string;
  tabs: readonly PageTab[];
  initial: string | null;
}) {
  const first = tabs[0]!.name;
  const [shown, setShown] = useState(tabs.some(({ name }) => name === initial) ? initial! : first);
  const choose = (name: string) => {
    setShown(name);
    window.history.replaceState(null, "", name === first ? window.location.pathname : `?tab=${name}`);
  };
  return (
    <Tabs.Root value={shown} onValueChange={choose}>
      <Tabs.List aria-label={label} className="scroll-shadow mb-5 flex gap-1 border-b border-line">
        {tabs.map((tab) => (
          <Tabs.Trigger
            key={tab.name}
            value={tab.name}
            className="-mb-px h-9 shrink-0 border-b-2 border-transparent px-3 text-base text-ink-2 -outline-offset-2 hover:text-ink data-[state=active]:border-copper data-[state=active]:font-medium data-[state=active]:text-ink"
          >
            {tab.label}
          </Tabs.Trigger>
        ))}
      </Tabs.List>
      {tabs.map(({ name, content }) => (
        <Tabs.Content key={name} value={name} tabIndex={-1}>
          {content}
        </Tabs.Content>
      ))}
    </Tabs.Root>
  );
}

/** A number beside a tab's label; nothing for none. */
export function TabCount({ count, alarming = false }: { count: number; alarming?: boolean }) {
  if (count === 0) return null;
  return <span className={alarming ? "ml-1.5 text-danger numeric" : "ml-1.5 text-ink-3 numeric"}>{count}</span>;
}
