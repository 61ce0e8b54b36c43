import Link from "next/link";
import type { ReactNode } from "react";
import { Logo } from "./logo.tsx";
import { MobileMenu } from "./mobile-menu.tsx";
import { NavigationLinks } from "./navigation-links.tsx";
import { SettingsLink } from "./settings-link.tsx";
import { ThemeChoice } from "./theme-choice.tsx";

/** What stands around every page: the way home, the pages, the theme. */
export function Shell({ children }: { children: ReactNode }) {
  return (
    <div className="flex min-h-dvh flex-col">
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:bg-surface focus:px-3 focus:py-2"
      >
        Skip to content
      </a>
      <header className="sticky top-0 z-30 border-b border-line bg-paper">
        <div className="mx-auto flex h-14 max-w-[92rem] items-center gap-4 px-4 md:px-6 lg:gap-6">
          <Link href="/" className="flex items-center gap-2 rounded-md">
            <Logo className="size-6 text-copper" />
            <span className="text-lg font-semibold tracking-tight">Retort</span>
          </Link>
          <nav aria-label="Pages" className="hidden h-full md:block">
            <NavigationLinks />
          </nav>
          <div className="ml-auto flex items-center gap-1">
            <SettingsLink />
            <ThemeChoice />
            <MobileMenu />
          </div>
        </div>
      </header>
      <main
        id="content"
        tabIndex={-1}
        className="mx-auto w-full max-w-[92rem] flex-1 px-4 pt-6 pb-16 outline-none md:px-6"
      >
        {children}
      </main>
    </div>
  );
}
