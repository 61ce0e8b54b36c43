import type { Database } from "@retort/db";
import { parseCookie } from "cookie";
import type { ApiEnv } from "./env.ts";
import { AccessError } from "./errors.ts";

export const sessionCookie = "retort_session";

/** Who calls. Accounts will give both kinds a user and a role. */
export type Principal = { kind: "session" } | { kind: "key"; name: string };

/** The caller by API key or session cookie; null for nobody. A key that is sent and unknown is nobody, cookie or not. */
export async function authenticate(headers: Headers, db: Database): Promise<Principal | null> {
  const authorization = headers.get("authorization");
  if (authorization !== null) {
    const [, key] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
    const row = key === undefined ? null : await db.auth.apiKey(key);
    return row === null ? null : { kind: "key", name: row.name };
  }
  const token = parseCookie(headers.get("cookie") ?? "")[sessionCookie];
  if (token === undefined) return null;
  return (await db.auth.session(token)) === null ? null : { kind: "session" };
}

/** @throws AccessError SIGN_IN_REQUIRED */
export function requirePrincipal(principal: Principal | null): Principal {
  if (principal !== null) return principal;
  throw new AccessError({
    code: "SIGN_IN_REQUIRED",
    message: "Not signed in",
    expected: "a session cookie or `Authorization: Bearer <API key>`",
    got: "neither a valid session nor a valid key",
    fix: "In a browser open the link that `retort link` prints; for scripts set RETORT_API_KEY",
  });
}

/**
 * Refuses calls that another web page makes the browser send. Pages on another port of this machine are "same-site" and
 * get the cookie attached, and a page whose name was rebound to 127.0.0.1 is "same-origin": so the Host must be a name
 * of ours, and Origin and Sec-Fetch-Site must say that our own page asks.
 * @throws AccessError FOREIGN_HOST, CROSS_ORIGIN
 */
export function refuseForeignPages(request: { method: string; headers: Headers }, { hostNames }: ApiEnv): void {
  const { method, headers } = request;
  const host = headers.get("host")?.toLowerCase();
  const hostName = host?.replace(/:\d+$/, "");
  if (hostNames !== null && (hostName === undefined || !hostNames.includes(hostName))) {
    throw new AccessError({
      code: "FOREIGN_HOST",
      message: "This server is not known by that name",
      expected: `Host: ${hostNames.join(" or ")}`,
      got: host,
      fix: "Set RETORT_HOSTS to the names under which the server may be reached",
    });
  }
  const origin = headers.get("origin");
  const site = headers.get("sec-fetch-site");
  const navigation = method === "GET" && headers.get("sec-fetch-mode") === "navigate";
  if (origin !== null && hostOf(origin) !== host) refuse("Origin", origin);
  if (site !== null && site !== "same-origin" && site !== "none" && !navigation) refuse("Sec-Fetch-Site", site);
  const reads = method === "GET" || method === "HEAD";
  if (!reads && origin === null && site === null && headers.get("authorization") === null) refuse("Origin", "none");
}

function refuse(header: string, got: string): never {
  throw new AccessError({
    code: "CROSS_ORIGIN",
    message: "Calls from another origin are refused",
    expected: "a call of the dashboard's own page, or one with an API key",
    got: `${header}: ${got}`,
  });
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}
