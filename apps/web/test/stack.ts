import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A whole installation of its own: database, worker and dashboard, started as a user starts it. */
export interface Stack {
  /** http://127.0.0.1:port */
  url: string;
  /** Signs one browser in, once. */
  signInLink: string;
  home: string;
  stop(): Promise<void>;
}

const startScript = path.join(import.meta.dirname, "../../../scripts/start.mjs");
const linkPattern = /(https?:\/\/[^\s/]+)\/login\?token=\S+/;

/** What would tie the new installation to another one. */
const foreign = [
  "PORT",
  "DATABASE_URL",
  "REDIS_URL",
  "RETORT_STORE_URL",
  "RETORT_URL",
  "RETORT_API_KEY",
  "NODE_ENV",
  "VITEST",
];

/** Starts the platform on an empty home. @throws Error with what it printed when it ends or prints no link in time */
export async function startStack(options: {
  environment: Record<string, string | undefined>;
  timeoutMs: number;
}): Promise<Stack> {
  const home = await mkdtemp(path.join(tmpdir(), "retort-web-test-"));
  const inherited = Object.entries(options.environment).filter(([name]) => !foreign.includes(name));
  const child = spawn(process.execPath, [startScript, "--no-quickstart"], {
    env: Object.fromEntries([...inherited, ["RETORT_HOME", home], ["HOST", "127.0.0.1"]]) as NodeJS.ProcessEnv,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
  const stop = async () => {
    await ended(child);
    await rm(home, { recursive: true, force: true });
  };
  const deadline = Date.now() + options.timeoutMs;
  while (Date.now() < deadline && child.exitCode === null) {
    const [link, url] = linkPattern.exec(output) ?? [];
    if (link !== undefined && url !== undefined) return { url, signInLink: link, home, stop };
    await sleep(100);
  }
  await stop();
  throw new Error(`The start script gave no link to sign in. It printed:\n${output}`);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  const patience = AbortSignal.timeout(30_000);
  patience.addEventListener("abort", () => child.kill("SIGKILL"));
  await exit;
}
