import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterEach, beforeEach, expect, it } from "vitest";
import * as postgres from "./postgres.mjs";

let dir: string;
let dataDir: string;

beforeEach(async () => {
  // Mode 0700: as root this is also the test of a directory that the server's user cannot reach.
  dir = await mkdtemp(join(tmpdir(), "retort-postgres-"));
  dataDir = join(dir, "state", "postgres");
});
afterEach(async () => {
  await postgres.stop(dataDir);
  await rm(dir, { recursive: true, force: true });
});

const start = () => postgres.start(dataDir, { durable: false });

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

it("makes a server, keeps its data over a restart and leaves nothing running", async () => {
  const first = await start();
  expect(first.reused).toBe(false);
  await query(first.url, "CREATE TABLE kept AS SELECT 7 AS n");
  await first.stop();
  await first.stop();
  expect(() => process.kill(first.pid, 0)).toThrow("ESRCH");
  const second = await start();
  expect(await query(second.url, "SELECT n FROM kept")).toEqual([{ n: 7 }]);
  expect(await postgres.stop(dataDir)).toBe(true);
  expect(await postgres.stop(dataDir)).toBe(false);
});

it("takes over the server of a process that was killed", async () => {
  const module = fileURLToPath(new URL("./postgres.mjs", import.meta.url));
  const program = `const { start } = await import(${JSON.stringify(module)});
    console.log(JSON.stringify(await start(${JSON.stringify(dataDir)}, { durable: false })));
    setInterval(() => {}, 1000);`;
  const owner = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [output] = (await once(owner.stdout, "data")) as [Buffer];
  const orphan = JSON.parse(output.toString()) as postgres.PostgresServer;
  owner.kill("SIGKILL");
  await once(owner, "exit");
  const server = await start();
  expect(server).toMatchObject({ reused: true, pid: orphan.pid, port: orphan.port, url: orphan.url });
  await server.stop();
  await expect(query(server.url, "SELECT 1")).rejects.toThrow("ECONNREFUSED");
  expect(await postgres.stop(dataDir)).toBe(false);
});

it("does not take another program that has the old number for its server", async () => {
  const server = await start();
  const before = await readFile(join(dataDir, "postmaster.pid"), "utf8");
  await server.stop();
  // As after a reboot: the file is there, and its pid is that of a process that lives.
  await writeFile(join(dataDir, "postmaster.pid"), before.replace(/^\d+/, String(process.pid)));
  expect(await postgres.stop(dataDir)).toBe(false);
  const again = await start();
  expect(again.reused).toBe(false);
  expect(await query(again.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
});

it("recovers a server that was killed", async () => {
  const server = await postgres.start(dataDir);
  await query(server.url, "CREATE TABLE kept AS SELECT 7 AS n");
  process.kill(server.pid, "SIGKILL");
  const again = await start();
  expect(again.reused).toBe(false);
  expect(await query(again.url, "SELECT n FROM kept")).toEqual([{ n: 7 }]);
});

it("listens on the wanted port when it is free, else on another", async () => {
  const blocker = createServer();
  await new Promise<void>((done) => blocker.listen(0, "127.0.0.1", done));
  const address = blocker.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const elsewhere = await postgres.start(dataDir, { durable: false, port });
  expect(elsewhere.port).not.toBe(port);
  await elsewhere.stop();
  await new Promise((done) => blocker.close(done));
  expect((await postgres.start(dataDir, { durable: false, port })).port).toBe(port);
});

it("refuses strangers: no password, no connection", async () => {
  const { port } = await start();
  await expect(query(`postgresql://postgres@127.0.0.1:${port}/retort`, "SELECT 1")).rejects.toThrow(/password/);
  await expect(query(`postgresql://postgres:wrong@127.0.0.1:${port}/retort`, "SELECT 1")).rejects.toThrow(/password/);
});

it("shows the server's own words when it does not start", async () => {
  await (await start()).stop();
  await appendFile(join(dataDir, "postgresql.conf"), "\nshared_preload_libraries = 'no_such_library'\n");
  await expect(start()).rejects.toThrow(/PostgreSQL did not start[\s\S]*no_such_library/);
});
