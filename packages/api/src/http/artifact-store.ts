import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { NotFoundError } from "@retort/db";
import { type Store, StoreError } from "@retort/store";
import type { Services } from "../context.ts";
import { AccessError } from "../errors.ts";
import { answer } from "./answer.ts";

/**
 * The artifact store for workers on other machines, who have an API key: GET /api/store lists it, POST /api/store takes a content and gives
 * its name, GET, HEAD and DELETE /api/store/<sha256> do what they say.
 */
export function artifactStore(services: Services, request: Request, sha256: string | null): Promise<Response> {
  return answer(services, request, async ({ principal }) => {
    if (principal.kind !== "key") {
      throw new AccessError({
        code: "KEY_REQUIRED",
        message: "Only the holder of an API key may use the artifact store",
        expected: "Authorization: Bearer <API key>",
        got: "a browser session",
      });
    }
    const { store } = services;
    if (sha256 === null) return request.method === "POST" ? take(store, request) : list(store);
    if (request.method === "DELETE") {
      await store.delete(sha256);
      return new Response(null, { status: 204 });
    }
    if (request.method === "HEAD") return new Response(null, { status: (await store.has(sha256)) ? 200 : 404 });
    return give(store, sha256);
  });
}

async function take(store: Store, request: Request): Promise<Response> {
  // A content has its name when it is whole.
  const path = join(tmpdir(), `retort-upload-${randomUUID()}`);
  try {
    const body = request.body === null ? Readable.from([]) : Readable.fromWeb(request.body as never);
    await pipeline(body, createWriteStream(path, { flags: "wx" }));
    return Response.json(await store.put({ path }));
  } finally {
    await rm(path, { force: true });
  }
}

async function list(store: Store): Promise<Response> {
  const contents = [];
  for await (const content of store.list()) contents.push(content);
  return Response.json(contents);
}

async function give(store: Store, sha256: string): Promise<Response> {
  try {
    const content = Readable.from(untilDamage(await store.get(sha256)));
    return new Response(Readable.toWeb(content) as ReadableStream, {
      headers: { "content-type": "application/octet-stream", "cache-control": "no-store" },
    });
  } catch (error) {
    throw error instanceof StoreError && error.code === "MISSING" ? new NotFoundError("content", sha256) : error;
  }
}

/** The receiver checks the sha256 itself: what is damaged arrives as it is and is refused there, and is not taken for a broken line. */
async function* untilDamage(content: Readable): AsyncGenerator<Uint8Array> {
  try {
    yield* content;
  } catch (error) {
    if (!(error instanceof StoreError && error.code === "CORRUPT")) throw error;
  }
}
