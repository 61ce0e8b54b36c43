import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { storeConformance } from "./conformance.ts";
import { createStore } from "./create-store.ts";

const newDirectory = () => mkdtemp(join(tmpdir(), "retort-store-"));

describe("the store in a directory", () => {
  storeConformance(async () => {
    const dir = await newDirectory();
    return {
      store: createStore(pathToFileURL(join(dir, "with space", "artifacts")).href),
      damage: (sha256, content) => writeFile(join(dir, "with space", "artifacts", sha256.slice(0, 2), sha256), content),
      stop: () => rm(dir, { recursive: true, force: true }),
    };
  });
});

describe("a directory", () => {
  let dir: string;
  beforeEach(async () => {
    dir = await newDirectory();
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it("holds no half-written file after puts that succeeded and failed", async () => {
    const store = createStore(pathToFileURL(dir).href);
    await store.put(Buffer.from("x"));
    await store.put({ path: dir }).catch(() => {});
    expect(await readdir(join(dir, "tmp"))).toEqual([]);
  });

  it("is cleaned of what dead processes left, not of what others write now", async () => {
    await mkdir(join(dir, "tmp"));
    await writeFile(join(dir, "tmp", "old"), "x");
    await writeFile(join(dir, "tmp", "new"), "x");
    const before = new Date(Date.now() - 2 * 86_400_000);
    await utimes(join(dir, "tmp", "old"), before, before);
    await createStore(pathToFileURL(dir).href).put(Buffer.from("x"));
    expect(await readdir(join(dir, "tmp"))).toEqual(["new"]);
  });

  it("that cannot be written says what to do", async () => {
    await writeFile(join(dir, "file"), "");
    const store = createStore(pathToFileURL(join(dir, "file", "artifacts")).href);
    await expect(store.put(Buffer.from("x"))).rejects.toMatchObject({
      code: "STORE_UNUSABLE",
      fix: expect.stringContaining("RETORT_STORE_URL"),
    });
  });
});

it.each(["s3://bucket/x", "artifacts", ""])("%j is no store", (url) => {
  expect(() => createStore(url)).toThrow(expect.objectContaining({ code: "UNKNOWN_STORE", got: url }));
});
