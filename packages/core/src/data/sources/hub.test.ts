import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Hub } from "./hub.ts";

const commit = "0123456789abcdef0123456789abcdef01234567";
const large = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * 7919) % 251));
const small = Buffer.from('{"hidden_size": 16}');
const sha256 = createHash("sha256").update(large).digest("hex");
const gitSha1 = createHash("sha1").update(`blob ${small.length}\0`).update(small).digest("hex");

describe("a model hub", () => {
  let server: Server;
  let hubUrl: string;
  let dir: string;
  let asked: string[];
  /** What the server changes about its answers. */
  let state: { breakAfter: number; damage: boolean };

  beforeAll(async () => {
    server = createServer((request, response) => {
      const url = request.url ?? "";
      asked.push(`${url.split("?")[0]} ${request.headers.range ?? ""}`);
      if (url.startsWith("/api/models/owner/model")) {
        response.setHeader("content-type", "application/json");
        response.end(
          JSON.stringify({
            _id: "1",
            id: "owner/model",
            modelId: "owner/model",
            sha: commit,
            private: false,
            gated: false,
            downloads: 0,
            likes: 0,
            lastModified: "2026-01-01T00:00:00Z",
          }),
        );
        return;
      }
      const file = { "model.bin": large, "config.json": small }[url.split("/").at(-1) ?? ""];
      if (file === undefined) {
        response.writeHead(404, { "x-error-code": url.includes("owner/model") ? "EntryNotFound" : "RepoNotFound" });
        response.end("not found");
        return;
      }
      const [, from = "0", to = `${file.length - 1}`] = /bytes=(\d+)-(\d+)?/.exec(request.headers.range ?? "") ?? [];
      const part = file.subarray(Number(from), Number(to) + 1);
      response.writeHead(206, {
        "content-range": `bytes ${from}-${to}/${file.length}`,
        "content-length": part.length,
        etag: file === large ? `"${sha256}"` : `"${gitSha1}"`,
      });
      if (file === large && part.length > 1 && state.breakAfter > 0) {
        response.write(part.subarray(0, state.breakAfter), () => setTimeout(() => response.destroy(), 50));
        return;
      }
      response.end(state.damage ? Buffer.alloc(part.length) : part);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    hubUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());
  beforeEach(() => {
    asked = [];
    state = { breakAfter: 0, damage: false };
    dir = mkdtempSync(join(tmpdir(), "retort-hub-"));
    return () => rmSync(dir, { recursive: true });
  });

  const repository = { id: "owner/model", revision: "main" };

  it("fetches a file once, checks it, and says how far it is", async () => {
    const seen: number[] = [];
    const hub = new Hub({ dir, hubUrl, progress: (_, done) => seen.push(done) });
    const path = (await hub.file(repository, "model.bin"))!;
    expect(readFileSync(path).equals(large)).toBe(true);
    expect(seen.at(-1)).toBe(large.length);
    expect(readFileSync((await hub.file(repository, "config.json"))!, "utf8")).toBe(small.toString());
    asked = [];
    expect(await hub.file({ ...repository, revision: commit }, "model.bin")).toBe(path);
    expect(asked).toEqual([]);
    expect(await hub.file(repository, "missing.json")).toBeNull();
  });

  it("keeps what arrived before the connection broke, and asks for the rest alone", async () => {
    const hub = new Hub({ dir, hubUrl });
    state.breakAfter = 1_000_000;
    await expect(hub.file(repository, "model.bin")).rejects.toMatchObject({ code: "DATA_HUB_UNREACHABLE" });
    const folder = join(dir, "owner--model", commit);
    const have = readFileSync(join(folder, "model.bin.part")).length;
    expect(have).toBeGreaterThan(0);
    state.breakAfter = 0;
    asked = [];
    expect(readFileSync((await hub.file(repository, "model.bin"))!).equals(large)).toBe(true);
    expect(asked.at(-1)).toContain(`bytes=${have}-`);
  });

  it("refuses bytes that are not what the hub announced, and starts anew", async () => {
    const hub = new Hub({ dir, hubUrl });
    state.damage = true;
    await expect(hub.file(repository, "model.bin")).rejects.toMatchObject({
      code: "DATA_HUB_CHECKSUM",
      expected: sha256,
    });
    state.damage = false;
    expect(readFileSync((await hub.file(repository, "model.bin"))!).equals(large)).toBe(true);
  });

  it("says that it cannot reach the hub, and what then", async () => {
    const hub = new Hub({ dir, hubUrl: "http://127.0.0.1:9" });
    await expect(hub.commitOf(repository)).rejects.toMatchObject({
      code: "DATA_HUB_UNREACHABLE",
      where: "hub:owner/model",
      fix: expect.stringContaining("as a path"),
    });
    expect(await hub.commitOf({ ...repository, revision: commit })).toBe(commit);
  });

  it("does not write outside its folder", async () => {
    mkdirSync(join(dir, "hub"));
    const hub = new Hub({ dir: join(dir, "hub"), hubUrl });
    await expect(hub.file(repository, "../../../escape")).rejects.toMatchObject({ code: "DATA_HUB_PATH" });
    writeFileSync(join(dir, "still-writable"), "");
  });
});
