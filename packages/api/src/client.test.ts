import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { createRetort } from "./client.ts";
import { startTestApi, type TestApi } from "./testing.ts";
import { refusal } from "./testing-refusal.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(inject("postgresUrl"));
});
afterAll(() => api.close());

describe("createRetort", () => {
  it("gives dates as dates and takes a URL with or without a slash", async () => {
    const [project] = await createRetort({ url: `${api.url}/`, apiKey: api.apiKey }).projects.list.query();
    expect(project).toMatchObject({ slug: "demo", createdAt: expect.any(Date) });
  });

  it("says where nobody answers and what to do", async () => {
    const nowhere = createRetort({ url: "http://127.0.0.1:9", apiKey: "x" });
    expect(await refusal(nowhere.projects.list.query())).toEqual({
      code: "SERVER_UNREACHABLE",
      message: expect.stringMatching(/^No Retort server answers at http:\/\/127\.0\.0\.1:9 \(.+\)$/),
      fix: expect.stringContaining("npm start"),
    });
  });

  it("says that it has met another program", async () => {
    const other = createServer((_, response) => response.setHeader("content-type", "text/html").end("<p>Hello</p>"));
    other.listen(0, "127.0.0.1");
    await once(other, "listening");
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const { message } = await refusal(createRetort({ url, apiKey: "x" }).projects.list.query());
    expect(message).toBe(`What answers at ${url} is no Retort server (status 200, text/html)`);
    other.close();
  });

  it("gives a refusal in its parts, for calls and subscriptions", async () => {
    const stranger = createRetort({ url: api.url, apiKey: "wrong" });
    const expected = { code: "SIGN_IN_REQUIRED", fix: expect.stringContaining("RETORT_API_KEY") };
    expect(await refusal(stranger.projects.list.query())).toMatchObject(expected);
    const runId = "01890000-0000-7000-8000-000000000000";
    const live = new Promise((resolve, reject) => {
      stranger.runs.live.subscribe({ runId }, { onError: reject, onComplete: () => resolve(null) });
    });
    expect(await refusal(live)).toMatchObject(expected);
  });

  it("says of wrong input what was expected and where", async () => {
    const { retort } = api;
    expect(await refusal(retort.runs.get.query({ runId: "seven" }))).toMatchObject({
      code: "BAD_INPUT",
      where: "runId",
    });
    const surplus = { limit: 5, order: "name" } as { limit: number };
    expect(await refusal(retort.runs.list.query(surplus))).toMatchObject({
      code: "BAD_INPUT",
      message: 'unknown key "order"',
      got: '"order"',
    });
  });
});
