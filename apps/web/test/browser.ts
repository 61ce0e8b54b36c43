import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const usualPaths = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  chromium.executablePath(),
];

/** Where Chromium is on this machine; null when it has none. */
export const chromiumPath: string | null =
  [process.env.CHROMIUM, ...usualPaths].find((path) => path !== undefined && existsSync(path)) ?? null;

/** With CI=true a browser test that cannot run is a failure, elsewhere it is skipped. */
export const mustRun = process.env.CI === "true" || process.env.CI === "1";

/** Headless, with a fresh profile, and without Chromium's own calls to the network. */
export function launchBrowser(): Promise<Browser> {
  if (chromiumPath === null)
    throw new Error("Chromium was not found: install the Debian package chromium, or set CHROMIUM to its path");
  return chromium.launch({
    executablePath: chromiumPath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
