import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { answering } from "./answering.mjs";

let server: Server;
afterEach(() => server.close());

/** Answers with these statuses in turn, the last one for ever. @returns its address */
async function serve(statuses: number[]): Promise<string> {
  server = createServer((_, response) => {
    response.statusCode = statuses.length > 1 ? statuses.shift()! : statuses[0]!;
    response.end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("waiting for an answer", () => {
  it("goes on through errors until one that is none, and tells what came last", async () => {
    const url = await serve([...Array<number>(6).fill(500), 307]);
    const told: string[] = [];
    await answering(url, { isOver: () => false, onWaiting: (_, last) => told.push(last), everyMs: 60 });
    expect(told).toContain("it answers with status 500");
    const numTold = told.length;
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(told).toHaveLength(numTold);
  });

  it("ends when it is over, answered or not", async () => {
    const url = await serve([500]);
    let asked = 0;
    await answering(url, { isOver: () => asked++ > 2, onWaiting: () => {} });
    expect(asked).toBe(4);
  });
});
