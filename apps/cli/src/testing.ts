import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startTestApi, type TestApi } from "@retort/api/testing";

export const repository = fileURLToPath(new URL("../../../", import.meta.url));
/** The real binary. */
export const binary = join(repository, "apps/cli/bin/retort.mjs");

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The command line beside a server of its own. */
export interface TestCli {
  api: TestApi;
  /** Working directory of the commands, and home of the installation unless they are given another. */
  dir: string;
  /** The real binary in a process of its own; it gets Ctrl-C once its stderr holds `interruptAt`. */
  start(args: string[], options?: { home?: string; interruptAt?: string }): Promise<Ended>;
  close(): Promise<void>;
}

/** @param postgresUrl what vitest's inject("postgresUrl") gives */
export async function startTestCli(postgresUrl: string, { worker }: { worker: boolean }): Promise<TestCli> {
  const api = await startTestApi(postgresUrl);
  const dir = await mkdtemp(join(tmpdir(), "retort-cli-"));
  await writeFile(join(dir, "server.json"), JSON.stringify({ url: api.url, pid: process.pid }));
  await writeFile(join(dir, "api-key"), `${api.apiKey}\n`, { mode: 0o600 });
  const workers = worker ? [startWorker(api, dir)] : [];
  return {
    api,
    dir,
    start: (args, options) => start(args, { cwd: dir, home: dir, ...options }),
    async close() {
      for (const process of workers) {
        if (process.exitCode !== null) continue;
        process.kill("SIGTERM");
        await once(process, "exit");
      }
      await api.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function startWorker(api: TestApi, home: string) {
  return spawn(process.execPath, ["--import", "tsx", join(repository, "apps/worker/src/main.ts")], {
    cwd: repository,
    env: { ...process.env, DATABASE_URL: api.databaseUrl, RETORT_STORE_URL: api.storeUrl, RETORT_HOME: home },
    stdio: ["ignore", "ignore", "inherit"],
  });
}

function start(args: string[], options: { cwd: string; home: string; interruptAt?: string }): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const { RETORT_URL: _, RETORT_API_KEY: __, ...inherited } = process.env;
    const child = spawn(process.execPath, [binary, ...args], {
      cwd: options.cwd,
      env: { ...inherited, RETORT_HOME: options.home },
    });
    const { interruptAt } = options;
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      const had = interruptAt !== undefined && stderr.includes(interruptAt);
      stderr += chunk;
      if (interruptAt !== undefined && !had && stderr.includes(interruptAt)) child.kill("SIGINT");
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}
