import { request as httpRequest } from "node:http";
import type { AnyProcedure } from "@trpc/server";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { appRouter } from "./root.ts";
import { startTestApi, type TestApi } from "./testing.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(inject("postgresUrl"));
});
afterAll(() => api.close());

const procedures = Object.entries(appRouter._def.procedures as unknown as Record<string, AnyProcedure>).map(
  ([path, procedure]) => ({ path, type: procedure._def.type }),
);

function call({ path, type }: { path: string; type: string }, headers: Record<string, string>): Promise<Response> {
  const url = `${api.url}/api/trpc/${path}`;
  if (type === "mutation") {
    return fetch(url, { method: "POST", body: "{}", headers: { "content-type": "application/json", ...headers } });
  }
  return fetch(url, { headers: type === "subscription" ? { accept: "text/event-stream", ...headers } : headers });
}

/** A subscription has begun to answer before it is refused: the refusal is the stream's only message. */
async function expectRefusal(response: Response, { type }: { type: string }, [status, code]: [number, string]) {
  expect(response.status).toBe(type === "subscription" ? 200 : status);
  const text = await response.text();
  expect(text).toContain(code);
  if (type === "subscription")
    expect(text.match(/^event: .*/gm)).toEqual(["event: connected", "event: serialized-error"]);
}

async function signIn(): Promise<string> {
  const token = await api.db.auth.createLoginToken();
  const response = await fetch(`${api.url}/login?token=${token}`, { redirect: "manual" });
  return response.headers.getSetCookie()[0]!.split(";")[0]!;
}

describe("every procedure", () => {
  it("is found by the enumeration below", () => {
    expect(procedures.length).toBeGreaterThan(20);
    expect(procedures.map(({ path }) => path)).toContain("runs.launch");
    expect(new Set(procedures.map(({ type }) => type))).toEqual(new Set(["query", "mutation", "subscription"]));
  });

  it.each(procedures)("$path refuses callers without a key or session", async (procedure) => {
    const callers: Record<string, string>[] = [
      {},
      { authorization: "Bearer wrong" },
      { cookie: "retort_session=wrong" },
    ];
    for (const headers of callers) {
      const response = await call(procedure, { "sec-fetch-site": "same-origin", ...headers });
      await expectRefusal(response, procedure, [401, "SIGN_IN_REQUIRED"]);
    }
  });

  it.each(procedures)("$path lets the holder of the key through to its own checks", async (procedure) => {
    const response = await call(procedure, { authorization: `Bearer ${api.apiKey}` });
    expect([200, 400]).toContain(response.status);
    await response.body?.cancel();
  });

  it.each(procedures)("$path refuses other origins, session or not", async (procedure) => {
    const cookie = await signIn();
    const foreign: Record<string, string>[] = [
      { origin: "http://evil.example" },
      { origin: "null" },
      // Another program's page on this machine: same site, so that browsers attach the cookie.
      { origin: "http://127.0.0.1:1" },
      { "sec-fetch-site": "same-site" },
      { "sec-fetch-site": "cross-site" },
    ];
    for (const headers of foreign) {
      const response = await call(procedure, { cookie, ...headers });
      await expectRefusal(response, procedure, [403, "CROSS_ORIGIN"]);
    }
  });
});

describe("a session", () => {
  it("reads and writes from the dashboard's own page", async () => {
    const headers = { cookie: await signIn(), origin: api.url, "sec-fetch-site": "same-origin" };
    const read = await call({ path: "overview.get", type: "query" }, headers);
    expect(read.status).toBe(200);
    const write = await fetch(`${api.url}/api/trpc/projects.ensure`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ json: { slug: "mine", name: "Mine" } }),
    });
    expect(write.status).toBe(200);
    expect((await api.db.projects.list()).map(({ slug }) => slug)).toContain("mine");
  });

  it("writes nothing when the browser does not say which page asks", async () => {
    const response = await call({ path: "auth.createLink", type: "mutation" }, { cookie: await signIn() });
    expect(response.status).toBe(403);
  });

  it("cannot make sign-in links: these are for holders of the key", async () => {
    const headers = { cookie: await signIn(), origin: api.url };
    const response = await call({ path: "auth.createLink", type: "mutation" }, headers);
    expect(response.status).toBe(403);
    expect(await response.text()).toContain("KEY_REQUIRED");
  });

  it("cannot write by a link: GET is for reading", async () => {
    const response = await call({ path: "auth.createLink", type: "query" }, { authorization: `Bearer ${api.apiKey}` });
    expect(response.status).toBe(405);
  });

  it("ends with a wrong key, even beside a good cookie", async () => {
    const headers = { cookie: await signIn(), authorization: "Bearer wrong" };
    expect((await call({ path: "overview.get", type: "query" }, headers)).status).toBe(401);
  });
});

describe("an API key", () => {
  it("made on the dashboard's own page opens the door, is listed without its secret, and once revoked opens nothing", async () => {
    const headers = { "content-type": "application/json", cookie: await signIn(), origin: api.url };
    const mutate = (path: string, input: unknown) =>
      fetch(`${api.url}/api/trpc/${path}`, { method: "POST", headers, body: JSON.stringify({ json: input }) });
    const made = await mutate("apiKeys.create", { name: "a script" });
    const { result } = (await made.json()) as { result: { data: { json: { id: string; key: string } } } };
    const { id, key } = result.data.json;
    const authorization = `Bearer ${key}`;
    const use = () => call({ path: "overview.get", type: "query" }, { authorization });
    expect((await use()).status).toBe(200);

    const list = await api.retort.apiKeys.list.query();
    expect(list.find((each) => each.id === id)).toMatchObject({ name: "a script", lastUsedAt: expect.any(Date) });
    expect(JSON.stringify(list)).not.toContain(key);

    expect((await mutate("apiKeys.revoke", { id })).status).toBe(200);
    expect((await use()).status).toBe(401);
    expect((await mutate("apiKeys.revoke", { id })).status).toBe(404);
  });
});

describe("the Host header", () => {
  // fetch() does not let one choose it.
  function statusFor(host: string): Promise<number> {
    const { hostname, port } = new URL(api.url);
    return new Promise((resolve, reject) => {
      const request = httpRequest(
        { hostname, port, path: "/api/trpc/overview.get", headers: { host, authorization: `Bearer ${api.apiKey}` } },
        (response) => {
          response.resume();
          resolve(response.statusCode!);
        },
      );
      request.on("error", reject).end();
    });
  }

  it("must be a loopback name on a loopback server, whatever the port", async () => {
    expect(await statusFor("127.0.0.1:3000")).toBe(200);
    expect(await statusFor("localhost")).toBe(200);
    expect(await statusFor("LOCALHOST:80")).toBe(200);
    expect(await statusFor("[::1]:80")).toBe(200);
    expect(await statusFor("rebound.evil.example:80")).toBe(403);
    expect(await statusFor("127.0.0.1.evil.example")).toBe(403);
  });
});

describe("GET /login", () => {
  it("signs in once", async () => {
    const { url } = await api.retort.auth.createLink.mutate();
    expect(url.startsWith(`${api.url}/login?token=`)).toBe(true);
    expect((await fetch(url, { method: "HEAD", redirect: "manual" })).status).toBe(405);
    const first = await fetch(url, { redirect: "manual" });
    expect(first.status).toBe(303);
    expect(first.headers.get("location")).toBe("/");
    expect(first.headers.get("cache-control")).toBe("no-store");
    const [cookie = ""] = first.headers.getSetCookie();
    expect(cookie).toMatch(/^retort_session=[^;]{20,}/);
    for (const part of ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="]) expect(cookie).toContain(part);

    const second = await fetch(url, { redirect: "manual" });
    expect(second.status).toBe(401);
    expect(second.headers.getSetCookie()).toEqual([]);
    expect(await second.text()).toContain("npx retort link");

    const sameBrowser = await fetch(url, { redirect: "manual", headers: { cookie: cookie.split(";")[0]! } });
    expect(sameBrowser.status).toBe(303);
  });

  it("refuses an expired and a missing token", async () => {
    const token = await api.db.auth.createLoginToken({ lifetimeMs: -1 });
    expect((await fetch(`${api.url}/login?token=${token}`, { redirect: "manual" })).status).toBe(401);
    expect((await fetch(`${api.url}/login`, { redirect: "manual" })).status).toBe(401);
  });
});
