import { fork } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { availableParallelism, totalmem } from "node:os";
import { fileURLToPath, pathToFileURL } from "node:url";
import { DeviceError } from "@retort/engine";
import { z } from "zod";
import { cgroupFiles, cgroupLimit, cgroupV1File } from "./cgroup.ts";

/** What a machine has for stages. */
export interface Device {
  /** Execution providers that really load, by the engine's names: "cpu", "cuda". */
  providers: string[];
  threads: number;
  memoryBytes: number;
}

/** What is kept for the system, the database and the worker itself. */
const keptFraction = 0.15;

/**
 * Looks at the machine within the bounds of its control group.
 * @throws DeviceError NO_DEVICE when not one execution provider loads
 */
export async function detectDevice(): Promise<Device> {
  const providers = await loadableProviders();
  const cgroup = cgroupLimits();
  return {
    providers,
    threads: Math.max(1, Math.min(availableParallelism(), Math.ceil(cgroup.cpus))),
    memoryBytes: Math.floor(Math.min(totalmem(), cgroup.memoryBytes) * (1 - keptFraction)),
  };
}

const probeMessage = z.array(z.string());
const probeTimeoutMs = 60_000;

// In a process of its own: a broken driver may take the process with it that loads it, and the worker needs none of what is loaded.
async function loadableProviders(): Promise<string[]> {
  const loader = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  const probe = fork(fileURLToPath(new URL("./device-probe.ts", import.meta.url)), {
    execArgv: ["--import", loader],
    timeout: probeTimeoutMs,
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  const found: string[] = [];
  const output: string[] = [];
  probe.on("message", (message) => {
    // Under `npm run dev` Node's watch mode speaks over the same channel, in objects.
    if (Array.isArray(message)) found.push(...probeMessage.parse(message));
  });
  probe.stderr?.on("data", (chunk: Buffer) => output.push(chunk.toString()));
  const [exitCode, signal] = await once(probe, "close");
  if (found.length > 0) return found;
  throw new DeviceError({
    code: "NO_DEVICE",
    message: "No execution provider of ONNX Runtime loads on this machine",
    expected: "cpu at least",
    got: `a probe that ended with ${signal ?? `exit code ${exitCode}`}: ${output.join("").trim().slice(-2_000)}`,
    fix: "Is onnxruntime-node installed for this platform? `npm ci` installs it",
  });
}

function cgroupLimits(): { cpus: number; memoryBytes: number } {
  // Version 2 has quota and period on one line.
  const quotas = [
    ...cgroupFiles("cpu.max").map((text) => text.trim().split(" ")),
    [cgroupV1File("cpu/cpu.cfs_quota_us"), cgroupV1File("cpu/cpu.cfs_period_us")],
  ];
  const memoryLimits = [...cgroupFiles("memory.max"), cgroupV1File("memory/memory.limit_in_bytes")];
  return {
    cpus: Math.min(...quotas.map(([quotaUs, periodUs]) => cgroupLimit(quotaUs) / (Number(periodUs) || 1))),
    memoryBytes: Math.min(...memoryLimits.map(cgroupLimit)),
  };
}
