import type { Worker } from "@retort/api";
import type { Retort } from "@retort/api/client";
import type { Command } from "commander";
import { CliError } from "../cli-error.ts";
import type { CliEnv } from "../env.ts";
import { hint, print, printJson } from "../output/print.ts";
import { bytes, duration } from "../output/quantity.ts";
import { connect } from "../server.ts";

type Gpu = NonNullable<Worker["sample"]>["gpus"][number];

export function workers(program: Command, env: CliEnv): void {
  const group = program.command("workers").description("list the machines that run stages, drain them");
  group
    .command("list", { isDefault: true })
    .description("what each has, and what it is doing")
    .option("--json", "print JSON")
    .action(async ({ json }: { json?: boolean }) => {
      const { retort } = await connect(env);
      const list = await retort.workers.list.query();
      if (json) return printJson(list);
      if (list.length === 0) return hint("No worker has reported. `npm start` starts one with the server.");
      const { table } = await import("../output/table.ts");
      const hasGpus = list.some(({ sample }) => sample !== null && sample.gpus.length > 0);
      const gpus = hasGpus ? ["GPUS"] : [];
      const head = ["WORKER", "STATUS", "PROCESS", "DEVICES", "THREADS", "MEMORY", "CPU", "IN USE", ...gpus];
      const rows = list.map((worker) => row(worker, hasGpus));
      print(table([...head, "STAGES", "HEARD"], rows));
    });
  group
    .command("drain")
    .description("let a worker take nothing new; what it runs goes on")
    .argument("<worker>", "its name, or the end of its id")
    .action(async (reference: string) => {
      const { retort } = await connect(env);
      const { id, name } = await resolveWorker(retort, reference);
      await retort.workers.drain.mutate({ workerId: id });
      print(`draining ${name}`);
    });
  group
    .command("undrain")
    .description("let a worker take stages again")
    .argument("<worker>", "as in drain")
    .action(async (reference: string) => {
      const { retort } = await connect(env);
      const { id, name } = await resolveWorker(retort, reference);
      await retort.workers.undrain.mutate({ workerId: id });
      print(`${name} takes stages again`);
    });
}

function row(worker: Worker, hasGpus: boolean): (string | number)[] {
  const { sample } = worker;
  return [
    worker.name,
    worker.status,
    `${worker.host}:${worker.pid}`,
    worker.devices.join(" "),
    worker.threads,
    bytes(worker.memoryBytes),
    sample === null ? "" : `${Math.round(sample.cpuLoad * 100)} %`,
    sample === null ? "" : bytes(sample.memoryUsedBytes),
    ...(hasGpus ? [(sample?.gpus ?? []).map(gpuText).join("; ")] : []),
    worker.stageIds.length,
    `${duration((Date.now() - worker.heartbeatAt.getTime()) / 1000)} ago`,
  ];
}

/** "NVIDIA L4 87 %, 20.1 GiB of 22.5 GiB", as far as the driver tells. */
function gpuText({ name, load, memoryUsedBytes, memoryTotalBytes }: Gpu): string {
  const busy = `${name} ${load === null ? "-" : `${Math.round(load * 100)} %`}`;
  if (memoryUsedBytes === null || memoryTotalBytes === null) return busy;
  return `${busy}, ${bytes(memoryUsedBytes)} of ${bytes(memoryTotalBytes)}`;
}

async function resolveWorker(retort: Retort, reference: string): Promise<Worker> {
  const list = (await retort.workers.list.query()).filter(({ status }) => status !== "gone");
  const found = list.filter(({ id, name }) => id.endsWith(reference.toLowerCase()) || name === reference);
  if (found.length === 1) return found[0]!;
  const known = list.map(({ id, name }) => `${name} (${id.slice(-8)})`).join(", ") || "none";
  throw new CliError(`${found.length === 0 ? "No" : "More than one"} worker is called "${reference}"`, {
    fix: `Workers: ${known}`,
  });
}
