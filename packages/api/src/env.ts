import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { SpecError } from "@retort/core";
import { z } from "zod";
import { describeIssues } from "./issues.ts";

const schema = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
  RETORT_HOME: z.string().min(1).default(".retort"),
  RETORT_STORE_URL: z.url().optional(),
  HOST: z.string().min(1).default("127.0.0.1"),
  PORT: z.coerce.number().int().min(0).max(65535).default(3000),
  RETORT_HOSTS: z.string().optional(),
});

/** What the server reads from its surroundings, once, at start. */
export interface ApiEnv {
  databaseUrl: string;
  redisUrl: string | undefined;
  /** State of this installation: database, artifacts, keys. */
  home: string;
  storeUrl: string;
  host: string;
  port: number;
  /**
   * Names under which browsers may reach the server. Null: any, for a server that was told to listen beyond loopback
   * without naming them; on loopback only loopback names are answered, which stops DNS rebinding.
   */
  hostNames: readonly string[] | null;
}

const loopbackNames = ["localhost", "127.0.0.1", "[::1]"];

/** @throws SpecError naming the variable, what was expected and what came */
export function readEnv(variables: Record<string, string | undefined> = process.env): ApiEnv {
  // An empty variable is how shells and compose files say "not set".
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ""));
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    throw new SpecError({
      code: "BAD_ENVIRONMENT",
      ...describeIssues(parsed.error, { input: given }),
      fix: "`npm start` sets all of them",
    });
  }
  const { DATABASE_URL, REDIS_URL, RETORT_HOME, RETORT_STORE_URL, HOST, PORT, RETORT_HOSTS } = parsed.data;
  const home = resolve(RETORT_HOME);
  return {
    databaseUrl: DATABASE_URL,
    redisUrl: REDIS_URL,
    home,
    storeUrl: RETORT_STORE_URL ?? pathToFileURL(join(home, "artifacts")).href,
    host: HOST,
    port: PORT,
    hostNames: hostNames(HOST, RETORT_HOSTS),
  };
}

function hostNames(host: string, named: string | undefined): readonly string[] | null {
  const extra = named === undefined ? [] : named.split(",").map((name) => name.trim().toLowerCase());
  const onLoopback = host === "localhost" || host === "::1" || host.startsWith("127.");
  if (onLoopback || extra.length > 0) return [...new Set([...loopbackNames, host.toLowerCase(), ...extra])];
  return null;
}
