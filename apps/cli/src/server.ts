import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Retort } from "@retort/api/client";
import { CliError } from "./cli-error.ts";
import type { CliEnv } from "./env.ts";

export interface Server {
  url: string;
  apiKey: string;
}

/**
 * The server to talk to: RETORT_URL and RETORT_API_KEY, or what a server on this machine has left in its home.
 * @throws CliError telling what is missing and how to get it
 */
export async function findServer(env: CliEnv): Promise<Server> {
  return { url: env.url ?? (await urlOfHome(env.home)), apiKey: env.apiKey ?? (await keyOfHome(env)) };
}

/** The typed client of that server. */
export async function connect(env: CliEnv): Promise<{ retort: Retort; server: Server }> {
  const server = await findServer(env);
  const { createRetort } = await import("@retort/api/client");
  return { retort: createRetort(server), server };
}

async function urlOfHome(home: string): Promise<string> {
  const path = join(home, "server.json");
  const text = await readIfThere(path);
  if (text === null) {
    throw new CliError(`No Retort server is known here: ${path} does not exist`, {
      fix: "Start it with `npm start` in the repository, or set RETORT_URL and RETORT_API_KEY",
    });
  }
  const { url, pid } = parseServer(text, path);
  if (pid !== null && !isAlive(pid)) {
    throw new CliError(`The Retort server of ${home} has stopped (process ${pid} is gone)`, {
      fix: "Start it with `npm start` in the repository",
    });
  }
  return url;
}

function parseServer(text: string, path: string): { url: string; pid: number | null } {
  try {
    const { url, pid } = JSON.parse(text) as { url?: unknown; pid?: unknown };
    if (typeof url === "string" && URL.canParse(url)) return { url, pid: typeof pid === "number" ? pid : null };
  } catch {
    // Falls through to the error below, which says the same of any unreadable content.
  }
  throw new CliError(`${path} is not readable: expected {"url": "http://...", "pid": ...}`, {
    fix: "Restart the server with `npm start`",
  });
}

async function keyOfHome({ home }: CliEnv): Promise<string> {
  const path = join(home, "api-key");
  const key = (await readIfThere(path))?.trim();
  if (key) return key;
  throw new CliError(`No API key: ${path} ${key === "" ? "is empty" : "does not exist"}`, {
    fix: "`npm start` writes it on the server's machine; elsewhere set RETORT_API_KEY",
  });
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new CliError(`${path} cannot be read: ${(error as Error).message}`);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
