import { stringifySetCookie } from "cookie";
import { authenticate, refuseForeignPages, sessionCookie } from "../auth.ts";
import type { Services } from "../context.ts";
import { AccessError } from "../errors.ts";

const sessionLifetimeMs = 30 * 24 * 60 * 60 * 1000;

/** GET /login?token=...: signs the browser in, once for each token, and goes on to the dashboard. */
export async function redeemLogin({ db, env }: Services, request: Request): Promise<Response> {
  try {
    refuseForeignPages(request, env);
  } catch (error) {
    if (error instanceof AccessError)
      return page(403, "This address is not answered", "Open the link as it was printed.");
    throw error;
  }
  // Programs that look at links before people do ask by HEAD; the token is not for them.
  if (request.method !== "GET") return new Response(null, { status: 405, headers: { allow: "GET", ...discreet } });
  const token = new URL(request.url).searchParams.get("token");
  const session = token === null ? null : await db.auth.redeemLoginToken(token, { sessionLifetimeMs });
  if (session !== null) {
    const cookie = stringifySetCookie({
      name: sessionCookie,
      value: session,
      httpOnly: true,
      sameSite: "lax",
      path: "/",
      maxAge: sessionLifetimeMs / 1000,
      secure: isSecure(request),
    });
    return toDashboard({ "set-cookie": cookie });
  }
  // A link that is opened a second time in the same browser does no harm.
  if ((await authenticate(request.headers, db)) !== null) return toDashboard({});
  return page(
    401,
    "This link no longer signs you in",
    "Each link works once and for a limited time. Get a new one with <code>npx retort link</code> " +
      "in the folder where Retort runs, or read it where <code>npm start</code> has printed it.",
  );
}

function isSecure(request: Request): boolean {
  return new URL(request.url).protocol === "https:" || request.headers.get("x-forwarded-proto") === "https";
}

// The address with the token must not stay in anyone's cache or be told to another site.
const discreet = { "cache-control": "no-store", "referrer-policy": "no-referrer" };

function toDashboard(headers: Record<string, string>): Response {
  return new Response(null, { status: 303, headers: { location: "/", ...discreet, ...headers } });
}

function page(status: number, title: string, html: string): Response {
  const text = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${title} - Retort</title>
<style>body { font: 16px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 15vh auto; padding: 0 1rem }</style>
<main><h1>${title}</h1><p>${html}</p></main>
`;
  return new Response(text, { status, headers: { "content-type": "text/html; charset=utf-8", ...discreet } });
}
