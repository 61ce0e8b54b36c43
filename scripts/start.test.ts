import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

interface Start {
  child: ChildProcess;
  output(): string;
  exit: Promise<number | null>;
}

function start(variables: Record<string, string>): Start {
  const { DATABASE_URL: _, REDIS_URL: __, NODE_ENV: ___, ...inherited } = process.env;
  const child = spawn(process.execPath, ["scripts/start.mjs", "--no-quickstart"], {
    cwd: root,
    env: { ...inherited, ...variables },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (text += chunk));
  return { child, output: () => text, exit: new Promise((resolve) => child.on("exit", resolve)) };
}

async function link({ child, output }: Start): Promise<URL> {
  for (;;) {
    const found = /http:\/\/\S+\/login\?token=\S+/.exec(output());
    if (found !== null) return new URL(found[0]);
    if (child.exitCode !== null) throw new Error(`npm start ended:\n${output()}`);
    await sleep(50);
  }
}

/** Command lines of an installation's processes, found by its home in their environment, arguments or working directory. */
function processesOf(home: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
        const environment = readFileSync(`/proc/${pid}/environ`, "utf8");
        const isOurs = `${command}\n${environment}`.includes(home) || readlinkSync(`/proc/${pid}/cwd`).startsWith(home);
        return isOurs ? [`${pid} ${command}`] : [];
      } catch {
        // It has ended meanwhile, or belongs to a user whose processes are hidden.
        return [];
      }
    });
}

async function none(home: string): Promise<string[]> {
  const deadline = Date.now() + 45_000;
  let left = processesOf(home);
  while (left.length > 0 && Date.now() < deadline) {
    await sleep(200);
    left = processesOf(home);
  }
  return left;
}

describe.skipIf(process.platform !== "linux")("npm start", () => {
  let home: string;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "retort-start-"));
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  it("serves, signs a browser in once, answers a second start with a link, and leaves nothing running", async () => {
    const first = start({ RETORT_HOME: home });
    const url = await link(first);
    expect(url.hostname).toBe("127.0.0.1");
    expect((await stat(join(home, "api-key"))).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(join(home, "server.json"), "utf8")).url).toBe(url.origin);

    const signIn = await fetch(url, { redirect: "manual" });
    expect(signIn.status).toBeGreaterThanOrEqual(300);
    const cookie = signIn.headers.getSetCookie()[0]!;
    expect(cookie).toMatch(/^retort_session=.*HttpOnly/i);
    const page = await fetch(url.origin, { headers: { cookie: cookie.split(";")[0]! }, redirect: "manual" });
    expect(page.status).toBe(200);
    expect((await fetch(url.origin, { redirect: "manual" })).headers.get("location")).toContain("/login");
    const again = await fetch(url, { redirect: "manual" });
    expect(again.headers.getSetCookie()).toEqual([]);

    const second = start({ RETORT_HOME: home });
    expect(await second.exit).toBe(0);
    expect(second.output()).toMatch(/already running/);
    expect((await link(second)).origin).toBe(url.origin);

    first.child.kill("SIGTERM");
    expect(await first.exit).toBe(0);
    expect(await none(home)).toEqual([]);
  }, 240_000);

  it("takes over what a killed start left behind", async () => {
    const killed = start({ RETORT_HOME: home });
    await link(killed);
    killed.child.kill("SIGKILL");
    await killed.exit;
    const next = start({ RETORT_HOME: home });
    const url = await link(next);
    expect((await fetch(new URL("/login", url))).status).toBe(200);
    next.child.kill("SIGINT");
    expect(await next.exit).toBe(0);
    expect(await none(home)).toEqual([]);
  }, 240_000);

  it("says what to do when the port is taken, before it starts anything", async () => {
    const blocker = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => blocker.once("listening", resolve));
    const { port } = blocker.address() as { port: number };
    const refused = start({ RETORT_HOME: home, PORT: String(port) });
    expect(await refused.exit).toBe(1);
    expect(refused.output()).toMatch(new RegExp(`Port ${port} on 127.0.0.1 is taken. Choose another`));
    expect(await none(home)).toEqual([]);
    blocker.close();
  }, 120_000);

  it.each([
    [
      "DATABASE_URL",
      "postgresql://user:very-secret@127.0.0.1:9/none",
      /DATABASE_URL: the PostgreSQL server at .* cannot be used.*Start it or correct/,
    ],
    [
      "REDIS_URL",
      "redis://:very-secret@127.0.0.1:9",
      /REDIS_URL: the Redis server at .* cannot be used.*Start it or correct/,
    ],
  ])(
    "says what to do when %s does not answer, without its password",
    async (name, value, message) => {
      const refused = start({ RETORT_HOME: home, [name]: value });
      expect(await refused.exit).toBe(1);
      expect(refused.output()).toMatch(message);
      expect(refused.output()).not.toContain("very-secret");
      expect(await none(home)).toEqual([]);
    },
    120_000,
  );
});
