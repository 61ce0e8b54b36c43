import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pathToFileURL } from "node:url";
import { createDatabase, type Database } from "@retort/db";
import { createTestDatabase } from "@retort/db/testing";
import { createStore, type Store } from "@retort/store";
import { incomingMessageToRequest } from "@trpc/server/adapters/node-http";
import { type Api, createApi } from "./api.ts";
import { createRetort, type Retort } from "./client.ts";
import { readEnv } from "./env.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Of the server that vitest's globalSetup has started. */
    postgresUrl: string;
  }
}

/** The API on a real HTTP server with a database and a store of its own. */
export interface TestApi {
  url: string;
  databaseUrl: string;
  storeUrl: string;
  apiKey: string;
  /** Signed in with the key. */
  retort: Retort;
  db: Database;
  store: Store;
  /** Breaks all open connections, as a network does; the server goes on. */
  cut(): void;
  close(): Promise<void>;
}

/** @param postgresUrl what vitest's inject("postgresUrl") gives; the project "demo" is there from the start */
export async function startTestApi(postgresUrl: string): Promise<TestApi> {
  const databaseUrl = await createTestDatabase(postgresUrl);
  const home = await mkdtemp(join(tmpdir(), "retort-api-"));
  const env = readEnv({ DATABASE_URL: databaseUrl, RETORT_HOME: home, PORT: "0" });
  const storeUrl = pathToFileURL(join(home, "artifacts")).href;
  const db = createDatabase({ url: databaseUrl });
  const store = createStore(storeUrl);
  await db.projects.ensure({ slug: "demo", name: "Demo" });
  const { key: apiKey } = await db.auth.createApiKey("test");
  const server = await serveApi(createApi({ db, store, env }), 0);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    databaseUrl,
    storeUrl,
    apiKey,
    retort: createRetort({ url, apiKey }),
    db,
    store,
    cut: () => server.closeAllConnections(),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await db.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** The API on a plain HTTP server of the loopback address; port 0 for any. */
export async function serveApi(api: Api, port: number): Promise<Server> {
  const server = createServer((incoming, outgoing) => void serve(api, incoming, outgoing));
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}

/** The paths as the web app mounts them. */
async function route(api: Api, request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  const [, artifactId, as] = /^\/api\/artifacts\/([^/]+)\/(download|parts)$/.exec(pathname) ?? [];
  const [, sha256] = /^\/api\/images\/([^/]+)$/.exec(pathname) ?? [];
  if (pathname.startsWith("/api/trpc/")) return api.trpc(request);
  if (artifactId !== undefined && as === "parts") return api.downloadParts(request, artifactId);
  if (artifactId !== undefined) return api.downloadArtifact(request, artifactId);
  if (sha256 !== undefined) return api.sampleImage(request, sha256);
  const [, stageId, number] = /^\/api\/stages\/([^/]+)\/attempts\/([^/]+)\/changes$/.exec(pathname) ?? [];
  if (stageId !== undefined && number !== undefined) return api.downloadChanges(request, { stageId, number });
  const [, stored] = /^\/api\/store\/([^/]+)$/.exec(pathname) ?? [];
  if (stored !== undefined) return api.artifactStore(request, decodeURIComponent(stored));
  if (pathname === "/api/store") return api.artifactStore(request, null);
  if (pathname === "/login") return api.redeemLogin(request);
  return new Response("Not found", { status: 404 });
}

async function serve(api: Api, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const response = await route(api, incomingMessageToRequest(incoming, outgoing, { maxBodySize: null }));
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.flushHeaders();
  if (response.body === null) return void outgoing.end();
  // A reader that goes away is no fault of the server.
  await pipeline(Readable.fromWeb(response.body as never), outgoing).catch(() => outgoing.destroy());
}
