import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createRetort, type Retort } from "../../packages/api/src/client.ts";

/** The server that RETORT_URL and RETORT_API_KEY name, or the one that runs in RETORT_HOME (.retort by default). */
export function connect(): Retort {
  // biome-ignore lint/style/noProcessEnv: a script is its own outermost layer
  const { RETORT_HOME: home = ".retort", RETORT_URL, RETORT_API_KEY } = process.env;
  const url = RETORT_URL ?? JSON.parse(readFileSync(join(home, "server.json"), "utf8")).url;
  const apiKey = RETORT_API_KEY ?? readFileSync(join(home, "api-key"), "utf8").trim();
  return createRetort({ url, apiKey });
}
