import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findServer } from "./server.ts";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "retort-cli-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const env = (rest: { url?: string; apiKey?: string } = {}) => ({ url: rest.url, apiKey: rest.apiKey, home });

describe("findServer", () => {
  it("reads what a server has left in its home", async () => {
    await writeFile(join(home, "server.json"), JSON.stringify({ url: "http://127.0.0.1:4321", pid: process.pid }));
    await writeFile(join(home, "api-key"), "secret\n");
    expect(await findServer(env())).toEqual({ url: "http://127.0.0.1:4321", apiKey: "secret" });
    expect(await findServer(env({ url: "http://other:1", apiKey: "k" }))).toEqual({
      url: "http://other:1",
      apiKey: "k",
    });
  });

  it("says how to start one when there is none", async () => {
    await expect(findServer(env())).rejects.toMatchObject({
      message: expect.stringContaining(join(home, "server.json")),
      fix: expect.stringContaining("npm start"),
    });
  });

  it("knows a server that has stopped by its process", async () => {
    // Above the largest process id that Linux gives.
    await writeFile(join(home, "server.json"), JSON.stringify({ url: "http://127.0.0.1:4321", pid: 4_194_305 }));
    await expect(findServer(env())).rejects.toThrow(/has stopped/);
  });

  it("refuses a server.json that it cannot read, and a missing key", async () => {
    await writeFile(join(home, "server.json"), "{");
    await expect(findServer(env())).rejects.toThrow(/not readable/);
    await expect(findServer(env({ url: "http://127.0.0.1:1" }))).rejects.toThrow(/No API key/);
  });
});
