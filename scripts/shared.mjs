import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Path inside the folder of reference cases and public data that stands beside the repository (RETORT_SHARED overrides). */
export function sharedPath(...parts) {
  return join(process.env.RETORT_SHARED ?? join(root, "..", "shared"), ...parts);
}

/** Tests that compare with reference cases need them; elsewhere they say that they were skipped. */
export const hasShared = existsSync(sharedPath());
