import { fileURLToPath } from "node:url";
import { StoreError } from "./errors.ts";
import { fsStore } from "./fs.ts";
import { httpStore } from "./http.ts";
import type { Store } from "./store.ts";

/** Kinds of store by the scheme of their URL. To add one: a file beside fs.ts, a line here, and its run of the conformance suite. */
export const storeSchemes = {
  "file:": (url: URL) => fsStore(fileURLToPath(url)),
  "http:": httpStore,
  "https:": httpStore,
} satisfies Record<string, (url: URL) => Store>;

/** @throws StoreError UNKNOWN_STORE */
export function createStore(url: string): Store {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  const scheme = Object.entries(storeSchemes).find(([name]) => name === parsed?.protocol);
  if (parsed === null || scheme === undefined) {
    throw new StoreError({
      code: "UNKNOWN_STORE",
      message: "There is no artifact store for this URL",
      expected: `${Object.keys(storeSchemes).join(", ")} as in file:///var/lib/retort/artifacts or https://retort:<API key>@host/api/store`,
      got: url,
      fix: "Set RETORT_STORE_URL.",
    });
  }
  return scheme[1](parsed);
}
