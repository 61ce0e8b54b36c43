import type { Database, GpuSample, WorkerSample } from "@retort/db";
import { currentLoad, graphics, mem } from "systeminformation";
import type { Device } from "./device.ts";
import type { Log } from "./log.ts";
import { messageOf } from "./persistence.ts";
import { residentBytes } from "./runner/memory.ts";

export interface SystemSamplerOptions {
  db: Pick<Database, "workerSamples">;
  workerId: string;
  device: Device;
  everyMs: number;
  log: Log;
}

/** Writes down now and then what the machine is doing, until closed. A sample that cannot be written is left out. */
export function sampleSystem({ db, workerId, device, everyMs, log }: SystemSamplerOptions): { close(): void } {
  // The driver's program takes its time, and a machine without an accelerator need not ask it.
  const hasAccelerator = device.providers.some((provider) => provider !== "cpu");
  let isClosed = false;
  let timer = setTimeout(sample, everyMs);

  async function sample(): Promise<void> {
    try {
      await db.workerSamples.record(workerId, await readSystem(hasAccelerator));
    } catch (error) {
      if (!isClosed) log("debug", `no sample of the system: ${messageOf(error)}`);
    }
    if (!isClosed) timer = setTimeout(sample, everyMs);
  }

  return {
    close: () => {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}

/** The machine now. The load is that since the call before. */
export async function readSystem(withGpus: boolean): Promise<Omit<WorkerSample, "at">> {
  const [load, memory, ownMemoryBytes, gpus] = await Promise.all([
    currentLoad(),
    mem(),
    residentBytes(process.pid),
    withGpus ? readGpus() : [],
  ]);
  return {
    cpuLoad: Math.min(1, Math.max(0, load.currentLoad / 100)),
    // What programs hold, without what the system keeps of files and gives back when asked.
    memoryUsedBytes: memory.total - memory.available,
    memoryTotalBytes: memory.total,
    ownMemoryBytes,
    gpus,
  };
}

async function readGpus(): Promise<GpuSample[]> {
  const { controllers } = await graphics();
  return controllers.map(({ name, model, utilizationGpu, memoryUsed, memoryTotal, vram }) => ({
    name: name ?? model,
    load: utilizationGpu === undefined ? null : utilizationGpu / 100,
    memoryUsedBytes: mebibytes(memoryUsed),
    memoryTotalBytes: mebibytes(memoryTotal ?? vram),
  }));
}

function mebibytes(count: number | null | undefined): number | null {
  return count === undefined || count === null ? null : Math.round(count * 2 ** 20);
}
