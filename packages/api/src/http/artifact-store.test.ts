import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createStore } from "@retort/store";
import { storeConformance } from "@retort/store/conformance";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { startTestApi, type TestApi } from "../testing.ts";

const urlOf = (api: TestApi, key: string) => `${api.url.replace("://", `://retort:${key}@`)}/api/store`;

describe("the store behind a server", () => {
  storeConformance(async () => {
    const api = await startTestApi(inject("postgresUrl"));
    const dir = fileURLToPath(api.storeUrl);
    return {
      store: createStore(urlOf(api, api.apiKey)),
      damage: (sha256, content) => writeFile(join(dir, sha256.slice(0, 2), sha256), content),
      stop: () => api.close(),
    };
  });
});

describe("a server", () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi(inject("postgresUrl"));
  });
  afterAll(() => api.close());

  it("refuses whoever has no key of its own, and says what to set", async () => {
    const store = createStore(urlOf(api, "wrong"));
    await expect(store.put(Buffer.from("x"))).rejects.toMatchObject({
      code: "STORE_REFUSED",
      fix: expect.stringContaining("RETORT_STORE_URL"),
    });
    const { sha256 } = await api.store.put(Buffer.from("secret"));
    await expect(store.get(sha256)).rejects.toMatchObject({ code: "STORE_REFUSED" });
    expect((await fetch(`${api.url}/api/store`)).status).toBe(401);
  });

  it("that is away is told from one that refuses", async () => {
    const store = createStore("http://retort:key@127.0.0.1:9/api/store");
    await expect(store.has("0".repeat(64))).rejects.toMatchObject({ code: "STORE_AWAY" });
  });
});
