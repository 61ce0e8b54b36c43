import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { SpecError } from "@retort/core";
import { checkpointsKept } from "@retort/db";
import { z } from "zod";
import { allocation } from "../../../scripts/allocation.mjs";

const schema = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
  RETORT_HOME: z.string().min(1).default(".retort"),
  RETORT_STORE_URL: z.url().optional(),
  RETORT_WORKER_NAME: z.string().min(1).default(hostname()),
  /** How much of the machine this worker may give away; all of it when absent. */
  RETORT_WORKER_THREADS: z.coerce.number().int().min(1).optional(),
  RETORT_WORKER_MEMORY_MB: z.coerce.number().int().min(64).optional(),
  /** Checkpoints that a stage keeps: forks begin from any of them. */
  RETORT_CHECKPOINTS_KEPT: z.coerce.number().int().min(1).max(100_000).default(checkpointsKept),
  RETORT_LEASE_MS: z.coerce.number().int().min(1_000).default(30_000),
  RETORT_STOP_GRACE_MS: z.coerce.number().int().min(0).default(20_000),
});

/** What a worker reads from its surroundings, once, at start. */
export interface WorkerEnv {
  databaseUrl: string;
  redisUrl: string | undefined;
  storeUrl: string;
  /** Directory for the files of running attempts. */
  workRoot: string;
  name: string;
  threads: number | undefined;
  memoryBytes: number | undefined;
  checkpointsKept: number;
  leaseMs: number;
  /** Time that a running attempt has to save its state when the worker is told to stop. */
  stopGraceMs: number;
}

/** @throws SpecError naming the variables that are missing or wrong */
export function readEnv(variables: NodeJS.ProcessEnv = process.env): WorkerEnv {
  // An empty variable is how shells and compose files say "not set".
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ""));
  const { success, data, error } = schema.safeParse(given);
  if (!success) {
    throw new SpecError({
      code: "BAD_ENVIRONMENT",
      message: `The worker's environment is not complete:\n${z.prettifyError(error)}`,
      where: error.issues.map((issue) => issue.path.join(".")).join(", "),
      fix: "`npm start` sets all of them",
    });
  }
  const home = resolve(data.RETORT_HOME);
  return {
    databaseUrl: data.DATABASE_URL,
    redisUrl: data.REDIS_URL,
    storeUrl: data.RETORT_STORE_URL ?? pathToFileURL(join(home, "artifacts")).href,
    workRoot: join(home, "work"),
    name: data.RETORT_WORKER_NAME,
    threads: data.RETORT_WORKER_THREADS,
    memoryBytes: data.RETORT_WORKER_MEMORY_MB === undefined ? undefined : data.RETORT_WORKER_MEMORY_MB * 2 ** 20,
    checkpointsKept: data.RETORT_CHECKPOINTS_KEPT,
    leaseMs: data.RETORT_LEASE_MS,
    stopGraceMs: data.RETORT_STOP_GRACE_MS,
  };
}

const secrets = ["DATABASE_URL", "REDIS_URL", "RETORT_STORE_URL", "RETORT_API_KEY"];
/** Under `npm run dev` Node's watch mode sets it, and a process that has it reports its files over the attempt's channel. */
const watchMode = "WATCH_REPORT_DEPENDENCIES";
const withheld = [...secrets, watchMode];

/** What git is run with: it takes no locks, and writes where `own` says. */
export function gitEnvironment(own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...process.env, GIT_OPTIONAL_LOCKS: "0", ...own };
}

/** The environment of an attempt's process: the worker's own without its credentials, and every pool of threads bounded. */
export function childEnvironment(threads: number): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !withheld.includes(name));
  return {
    // What the worker was started with goes before our choice.
    ...allocation,
    ...Object.fromEntries(inherited),
    OMP_NUM_THREADS: String(threads),
    OPENBLAS_NUM_THREADS: String(threads),
    MKL_NUM_THREADS: String(threads),
    VIPS_CONCURRENCY: String(threads),
  };
}
