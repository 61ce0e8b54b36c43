import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isAlive } from "../../test/is-alive.ts";
import { type StartOptions, startAttemptProcess } from "./attempt-process.ts";
import { startLightProcess } from "./light-process.ts";
import type { MessageFromChild } from "./messages.ts";
import { WarmChildren } from "./warm-children.ts";

let workDir: string;
let children: WarmChildren;

beforeAll(async () => {
  workDir = await mkdtemp(join(tmpdir(), "retort-attempt-"));
  children = new WarmChildren({ maxIdleChildren: 2, childIdleMs: 60_000, maxAttemptsPerChild: 3 });
});
afterAll(async () => {
  children.close();
  await rm(workDir, { recursive: true, force: true });
});

function startOptions(params: Record<string, unknown>): StartOptions {
  const base = {
    kind: "diagnostic",
    seed: 1,
    threads: 1,
    device: "cpu",
    accumulate: 1,
    inputs: {},
    checkpoint: null,
  } as const;
  return { ...base, params: { load: "idle", ...params }, workDir };
}

async function run(params: Record<string, unknown>, memoryMb = 512) {
  const messages: MessageFromChild[] = [];
  const lines: string[] = [];
  const child = await startAttemptProcess({
    children,
    start: startOptions(params),
    memoryBytes: memoryMb * 2 ** 20,
    memorySampleMs: 50,
    onMessage: (message) => {
      messages.push(message);
      if (message.type === "request") child.send({ type: "reply", id: message.id });
    },
    onNonsense: (error) => {
      throw error;
    },
    onLine: (_, line) => void lines.push(line),
  });
  return { child, messages, lines, end: await child.ended };
}

describe("startAttemptProcess", () => {
  it("runs a stage that reports in order and ends with its last word", async () => {
    const { messages, end } = await run({ steps: 5, stepMs: 1 });
    const points = messages.flatMap((message) => (message.type === "reports" ? message.points : []));
    expect(points.filter(({ key }) => key === "loss").map(({ step }) => step)).toEqual([1, 2, 3, 4, 5]);
    expect(messages.at(-2)).toMatchObject({ type: "request", request: { type: "artifact", name: "report" } });
    expect(messages.at(-1)).toEqual({ type: "finished", isReusable: true });
    expect(end).toMatchObject({ exitCode: 0, signal: null, exceededMemory: false });
  });

  it("kills a process beyond its memory limit", async () => {
    const { end } = await run({ failure: "out-of-memory", memoryMb: 300 }, 300);
    expect(end).toMatchObject({ signal: "SIGKILL", exceededMemory: true });
    expect(end.peakMemoryBytes).toBeGreaterThan(300 * 2 ** 20);
  });
});

describe("a warm process", () => {
  it("runs the next attempt that needs the same, with an output of its own, until it is worn out", async () => {
    const quick = { steps: 1, stepMs: 0 };
    const attempts = [];
    for (const printLines of [2, 0, 3, 1]) attempts.push(await run({ ...quick, printLines }, 400));
    const pids = attempts.map(({ child }) => child.pid);
    expect(pids).toEqual([pids[0], pids[0], pids[0], expect.any(Number)]);
    expect(pids[3]).not.toBe(pids[0]);
    const numbered = (count: number) => Array.from({ length: count }, (_, i) => `Line ${i + 1} of ${count}`);
    expect(attempts.map(({ lines }) => lines)).toEqual([numbered(2), [], numbered(3), numbered(1)]);
  });

  it("is not used for other needs, nor after a failure", async () => {
    const quick = { steps: 1, stepMs: 0 };
    const first = await run(quick, 500);
    const other = await run(quick, 501);
    expect(other.child.pid).not.toBe(first.child.pid);
    const failed = await run({ ...quick, failure: "data-error" }, 500);
    expect(failed.child.pid).toBe(first.child.pid);
    expect(failed.messages.at(-1)).toMatchObject({ type: "failed", failure: { kind: "data" } });
    expect((await run(quick, 500)).child.pid).not.toBe(first.child.pid);
  });
});

describe("a light stage", () => {
  function light(params: Record<string, unknown>) {
    const messages: MessageFromChild[] = [];
    const lines: string[] = [];
    const process = startLightProcess({
      start: { ...startOptions({}), kind: "diagnostic-light", params },
      onMessage: (message) => void messages.push(message),
      onLine: (stream, line) => void lines.push(`${stream} ${line}`),
    });
    return { process, messages, lines };
  }

  it("reports, prints and ends within this process; two at once keep their output apart", async () => {
    const both = [light({ points: 2, printLines: 2 }), light({ printLines: 1, waitMs: 10 })];
    for (const { process } of both) expect(await process.ended).toMatchObject({ exitCode: 0 });
    expect(both[0]!.lines).toEqual(["stdout Line 1 of 2", "stdout Line 2 of 2"]);
    expect(both[1]!.lines).toEqual(["stdout Line 1 of 1"]);
    expect(both[0]!.messages).toMatchObject([
      { type: "reports", points: [{ step: 1 }, { step: 2 }] },
      { type: "finished" },
    ]);
  });

  it.each([
    ["user-error", { kind: "user", code: "DIAGNOSTIC_USER_ERROR" }],
    ["unexpected-error", { kind: "infrastructure", code: "UNEXPECTED_ERROR" }],
  ])("that throws has failed, with its stack: %s", async (failure, expected) => {
    const { process, messages, lines } = light({ failure });
    await process.ended;
    expect(messages.at(-1)).toMatchObject({ type: "failed", failure: expected });
    expect(lines.join("\n")).toMatch(/stderr .*Asked to fail by .*(\n.*)*at /);
  });

  it("gives way to an abort, and is left behind when it does not", async () => {
    const patient = light({ waitMs: 60_000 });
    patient.process.stop(10_000);
    expect(await patient.process.ended).toMatchObject({ exitCode: 0 });
    expect(patient.messages.at(-1)).toEqual({ type: "stopped" });
    const stubborn = light({ failure: "ignore-abort" });
    stubborn.process.stop(20);
    expect(await stubborn.process.ended).toMatchObject({ signal: "SIGKILL" });
    expect(stubborn.messages).toEqual([]);
  });
});

describe("an attempt's process whose worker dies", () => {
  it.each(["none", "hang"] as const)("ends by itself: %s", async (failure) => {
    // A worker in miniature, killed as soon as the stage has begun.
    const source = `
      import { startAttemptProcess } from ${JSON.stringify(new URL("./attempt-process.ts", import.meta.url).href)};
      import { WarmChildren } from ${JSON.stringify(new URL("./warm-children.ts", import.meta.url).href)};
      const child = await startAttemptProcess({
        children: new WarmChildren({ maxIdleChildren: 1, childIdleMs: 1_000, maxAttemptsPerChild: 1 }),
        start: ${JSON.stringify(startOptions({ steps: 10_000, stepMs: 100, failAtStep: 1, failure }))},
        memoryBytes: 2 ** 30, memorySampleMs: 100, onLine: () => {}, onNonsense: () => {},
        onMessage: (message) => { if (message.lines?.length > 0) console.log(child.pid); },
      });
    `;
    const loader = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
    const parent = spawn(process.execPath, ["--import", loader, "--input-type=module", "-e", source], {
      stdio: ["ignore", "pipe", "inherit"],
      cwd: fileURLToPath(new URL(".", import.meta.url)),
    });
    const [output] = await once(parent.stdout, "data");
    const pid = Number(String(output).trim());
    // Into the blocked event loop.
    await new Promise((resolve) => setTimeout(resolve, 300));
    parent.kill("SIGKILL");
    await once(parent, "close");
    const goneWithinMs = failure === "none" ? 1_500 : 6_000;
    await expect.poll(() => isAlive(pid), { timeout: goneWithinMs, interval: 50 }).toBe(false);
  });
});
