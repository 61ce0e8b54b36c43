import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { pipeline, Readable } from "node:stream";
import { assertSha256, corrupt, missing, StoreError } from "./errors.ts";
import { fetchTo } from "./fetch.ts";
import type { Store, StoredContent } from "./store.ts";
import { verify } from "./verify.ts";

/**
 * The store of a Retort server, for workers on other machines: <origin>/api/store, with an API key as the URL's password. What is sent and
 * what arrives is checked by its sha256 on this side.
 */
export function httpStore(url: URL): Store {
  const base = `${url.origin}${url.pathname.replace(/\/$/, "")}`;
  const headers = { authorization: `Bearer ${decodeURIComponent(url.password)}` };
  const pathOf = (sha256: string) => {
    assertSha256(sha256);
    return `${base}/${sha256}`;
  };

  async function call(address: string, init: RequestInit & { duplex?: "half" } = {}): Promise<Response> {
    try {
      return await fetch(address, { ...init, headers });
    } catch (cause) {
      throw away(base, cause);
    }
  }

  return {
    async put(content) {
      const hash = createHash("sha256");
      // Opened first: a file that is not there is no fault of the network.
      const file = content instanceof Uint8Array ? null : await open(content.path, "r");
      const source = content instanceof Uint8Array ? Readable.from([content]) : file!.createReadStream();
      source.on("data", (chunk: Uint8Array) => hash.update(chunk)).pause();
      const body = Readable.toWeb(source) as ReadableStream<Uint8Array>;
      const response = await call(base, { method: "POST", body, duplex: "half" }).finally(() => source.destroy());
      const stored = (await accepted(response, base)) as StoredContent;
      const sha256 = hash.digest("hex");
      if (stored.sha256 !== sha256) throw corrupt(sha256, { got: stored.sha256, where: base });
      return stored;
    },
    async get(sha256) {
      const path = pathOf(sha256);
      const response = await call(path);
      if (response.status === 404) throw missing(sha256, path);
      if (!response.ok || response.body === null) throw await refused(response, base);
      return pipeline(Readable.fromWeb(response.body as never), verify(sha256, path), () => {});
    },
    fetchTo(sha256, path) {
      return fetchTo(this, sha256, path);
    },
    async has(sha256) {
      const response = await call(pathOf(sha256), { method: "HEAD" });
      if (response.status === 404) return false;
      if (!response.ok) throw await refused(response, base);
      return true;
    },
    async delete(sha256) {
      const response = await call(pathOf(sha256), { method: "DELETE" });
      if (!response.ok) throw await refused(response, base);
    },
    async *list() {
      yield* (await accepted(await call(base), base)) as StoredContent[];
    },
  };
}

async function accepted(response: Response, where: string): Promise<unknown> {
  if (!response.ok) throw await refused(response, where);
  return response.json();
}

/** A server that is being started again answers with 5xx, or not at all: another try may succeed. */
async function refused(response: Response, where: string): Promise<StoreError> {
  const text = (await response.text().catch(() => "")).slice(0, 300);
  if (response.status >= 500) return away(where, new Error(`status ${response.status}: ${text}`));
  return new StoreError({
    code: "STORE_REFUSED",
    message: "The server refuses access to its artifacts",
    expected: "a URL http://retort:<API key>@<server>/api/store",
    got: `status ${response.status}: ${text}`,
    where,
    fix: "Set RETORT_STORE_URL with a key of that server; `RETORT_HOSTS` there must name the host",
  });
}

function away(where: string, cause: unknown): StoreError {
  const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
  return new StoreError({
    code: "STORE_AWAY",
    message: `The server's artifacts cannot be reached: ${reason}`,
    where,
    cause,
  });
}
