import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const usualPaths = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  chromium.executablePath(),
];

/** Where Chromium is on this machine (CHROMIUM names another); null when it has none. */
export function findChromium(environment: Record<string, string | undefined>): string | null {
  return [environment.CHROMIUM, ...usualPaths].find((path) => path !== undefined && existsSync(path)) ?? null;
}

/** Headless, with a fresh profile, and without Chromium's own calls to the network. */
export function launchBrowser(executablePath: string | null): Promise<Browser> {
  if (executablePath === null)
    throw new Error("Chromium was not found: install the Debian package chromium, or set CHROMIUM to its path");
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
