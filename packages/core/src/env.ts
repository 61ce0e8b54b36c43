// [node]
import { join, resolve } from "node:path";

/** What core reads from its surroundings: where downloads stay, and which hub they come from. */
export function readEnv(variables: NodeJS.ProcessEnv = process.env) {
  const home = resolve(variables.RETORT_HOME || ".retort");
  return {
    /** Files of model hubs, kept between runs. */
    hubDir: join(home, "hub"),
    /** The hub's address; the library's own when absent. */
    hubUrl: variables.HF_ENDPOINT || undefined,
    /** For models that are not public. */
    hubToken: variables.HF_TOKEN || undefined,
  };
}
