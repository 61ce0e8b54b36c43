import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const repository = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

/** What the CLI reads from its surroundings, once, at start. */
export interface CliEnv {
  /** Address of the server; undefined: look into `home`. */
  url: string | undefined;
  apiKey: string | undefined;
  /** State of the installation: server.json and api-key lie there. */
  home: string;
}

export function readEnv(variables: Record<string, string | undefined> = process.env): CliEnv {
  return {
    url: variables.RETORT_URL || undefined,
    apiKey: variables.RETORT_API_KEY || undefined,
    home: variables.RETORT_HOME ? resolve(variables.RETORT_HOME) : join(repository, ".retort"),
  };
}
