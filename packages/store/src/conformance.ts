import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Store, StoredContent } from "./store.ts";

/** A store under test, empty, and a hand that reaches behind it. */
export interface StoreSubject {
  store: Store;
  /** Overwrites what the store keeps under that name. */
  damage(sha256: string, content: Uint8Array): Promise<void>;
  stop(): Promise<void>;
}

const sha256Of = (content: Uint8Array) => createHash("sha256").update(content).digest("hex");
const unknown = sha256Of(Buffer.from("nobody has put this"));

/** What every store does. Call it within a describe(). */
export function storeConformance(start: () => Promise<StoreSubject>): void {
  let subject: StoreSubject;
  let store: Store;
  let dir: string;

  beforeAll(async () => {
    subject = await start();
    store = subject.store;
    dir = await mkdtemp(join(tmpdir(), "retort-store-test-"));
  });
  afterAll(async () => {
    await subject.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const listed = async () => {
    const found: StoredContent[] = [];
    for await (const content of store.list()) found.push(content);
    return found;
  };

  it.each([
    ["nothing", 0],
    ["one byte", 1],
    ["several chunks", 3_000_001],
  ])("gives back %s, put from memory and from a file", async (_name, sizeBytes) => {
    const content = randomBytes(sizeBytes);
    const path = join(dir, `put-${sizeBytes}`);
    await writeFile(path, content);
    const expected = { sha256: sha256Of(content), sizeBytes };
    expect(await store.put(content)).toEqual(expected);
    expect(await store.put({ path })).toEqual(expected);
    expect(Buffer.compare(await buffer(await store.get(expected.sha256)), content)).toBe(0);
    expect(await store.has(expected.sha256)).toBe(true);
    const copy = join(dir, `fetched-${sizeBytes}`);
    await store.fetchTo(expected.sha256, copy);
    expect(Buffer.compare(await readFile(copy), content)).toBe(0);
    expect((await listed()).filter(({ sha256 }) => sha256 === expected.sha256)).toEqual([expected]);
  });

  it("says that content is missing", async () => {
    const path = join(dir, "missing");
    await expect(store.get(unknown)).rejects.toMatchObject({ code: "MISSING" });
    await expect(store.fetchTo(unknown, path)).rejects.toMatchObject({ code: "MISSING" });
    await expect(readFile(path)).rejects.toMatchObject({ code: "ENOENT" });
    expect(await store.has(unknown)).toBe(false);
    await store.delete(unknown);
  });

  it("deletes", async () => {
    const { sha256 } = await store.put(randomBytes(10));
    await store.delete(sha256);
    expect(await store.has(sha256)).toBe(false);
    expect((await listed()).map((content) => content.sha256)).not.toContain(sha256);
    await expect(store.get(sha256)).rejects.toMatchObject({ code: "MISSING" });
  });

  it.each([
    ["a flipped bit", (content: Buffer) => content.fill(content[0]! ^ 1, 0, 1)],
    ["a lost end", (content: Buffer) => content.subarray(0, -1)],
    ["no bytes at all", () => Buffer.alloc(0)],
  ])("finds %s, and a new put repairs it", async (_name, damage) => {
    const content = randomBytes(2_000_000);
    const { sha256 } = await store.put(content);
    await subject.damage(sha256, damage(Buffer.from(content)));
    const refused = { code: "CORRUPT", expected: `sha256 ${sha256}` };
    await expect(store.get(sha256).then(buffer)).rejects.toMatchObject(refused);
    const path = join(dir, "kept");
    await writeFile(path, "what was here before");
    await expect(store.fetchTo(sha256, path)).rejects.toMatchObject(refused);
    expect(await readFile(path, "utf8")).toBe("what was here before");
    expect((await readdir(dir)).filter((name) => name.endsWith(".part"))).toEqual([]);
    await store.put(content);
    expect(Buffer.compare(await buffer(await store.get(sha256)), content)).toBe(0);
  });

  it("takes the same content from eight at once, while others read it", async () => {
    const content = randomBytes(1_500_000);
    const { sha256 } = await store.put(content);
    const reads = Array.from({ length: 8 }, async () => sha256Of(await buffer(await store.get(sha256))));
    const puts = Array.from({ length: 8 }, async () => (await store.put(content)).sha256);
    expect(new Set(await Promise.all([...reads, ...puts]))).toEqual(new Set([sha256]));
    expect((await listed()).filter((stored) => stored.sha256 === sha256)).toHaveLength(1);
  });

  it("leaves nothing of a put that failed", async () => {
    const before = await listed();
    await expect(store.put({ path: join(dir, "does-not-exist") })).rejects.toMatchObject({ code: "ENOENT" });
    expect(await listed()).toEqual(before);
  });

  it("lets a reader go away in the middle", async () => {
    const { sha256 } = await store.put(randomBytes(8_000_000));
    const stream = await store.get(sha256);
    for await (const _chunk of stream) break;
    expect(stream.destroyed).toBe(true);
    await store.delete(sha256);
  });

  it.each(["", "../../etc/passwd", "0".repeat(63), "G".repeat(64), `${"0".repeat(64)}/..`])(
    "refuses the name %j",
    async (name) => {
      const refused = { code: "BAD_SHA256" };
      await expect(store.get(name)).rejects.toMatchObject(refused);
      await expect(store.fetchTo(name, join(dir, "x"))).rejects.toMatchObject(refused);
      await expect(store.has(name)).rejects.toMatchObject(refused);
      await expect(store.delete(name)).rejects.toMatchObject(refused);
    },
  );
}
