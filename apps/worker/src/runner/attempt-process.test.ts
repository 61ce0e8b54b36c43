import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isAlive } from "../../test/is-alive.ts";
import { startAttemptProcess } from "./attempt-process.ts";
import { type MessageFromChild, messageFromChild, type StartMessage } from "./messages.ts";

let workDir: string;

beforeAll(async () => {
  workDir = await mkdtemp(join(tmpdir(), "retort-attempt-"));
});
afterAll(() => rm(workDir, { recursive: true, force: true }));

function startMessage(params: Record<string, unknown>): StartMessage {
  const base = {
    type: "start",
    kind: "diagnostic",
    seed: 1,
    threads: 1,
    device: "cpu",
    inputs: {},
    checkpoint: null,
  } as const;
  return { ...base, params: { load: "idle", ...params }, workDir };
}

async function run(params: Record<string, unknown>, memoryMb = 512) {
  const messages: MessageFromChild[] = [];
  const lines: string[] = [];
  const child = await startAttemptProcess({
    threads: 1,
    memoryBytes: memoryMb * 2 ** 20,
    memorySampleMs: 50,
    onMessage: (raw) => {
      const message = messageFromChild.parse(raw);
      messages.push(message);
      if (message.type === "request") child.send({ type: "reply", id: message.id });
    },
    onLine: (_, line) => void lines.push(line),
  });
  child.send(startMessage(params));
  return { child, messages, lines, end: await child.ended };
}

describe("startAttemptProcess", () => {
  it("runs a stage that reports in order and ends with its last word", async () => {
    const { messages, end } = await run({ steps: 5, stepMs: 1 });
    const points = messages.flatMap((message) => (message.type === "reports" ? message.points : []));
    expect(points.filter(({ key }) => key === "loss").map(({ step }) => step)).toEqual([1, 2, 3, 4, 5]);
    expect(messages.at(-2)).toMatchObject({ type: "request", request: { type: "artifact", name: "report" } });
    expect(messages.at(-1)).toEqual({ type: "finished" });
    expect(end).toMatchObject({ exitCode: 0, signal: null, exceededMemory: false });
  });

  it("kills a process beyond its memory limit", async () => {
    const { end } = await run({ failure: "out-of-memory", memoryMb: 300 }, 300);
    expect(end).toMatchObject({ signal: "SIGKILL", exceededMemory: true });
    expect(end.peakMemoryBytes).toBeGreaterThan(300 * 2 ** 20);
  });
});

describe("an attempt's process whose worker dies", () => {
  it.each(["none", "hang"] as const)("ends by itself: %s", async (failure) => {
    // A worker in miniature, killed as soon as the stage has begun.
    const source = `
      import { startAttemptProcess } from ${JSON.stringify(new URL("./attempt-process.ts", import.meta.url).href)};
      const child = await startAttemptProcess({
        threads: 1, memoryBytes: 2 ** 30, memorySampleMs: 100, onLine: () => {},
        onMessage: (message) => { if (message.lines?.length > 0) console.log(child.pid); },
      });
      child.send(${JSON.stringify(startMessage({ steps: 10_000, stepMs: 100, failAtStep: 1, failure }))});
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
