import type { Command } from "commander";
import type { CliEnv } from "../env.ts";
import { hint, print, printJson } from "../output/print.ts";
import { bytes, duration } from "../output/quantity.ts";
import { connect } from "../server.ts";

export function workers(program: Command, env: CliEnv): void {
  program
    .command("workers")
    .description("list the machines that run stages")
    .option("--json", "print JSON")
    .action(async ({ json }: { json?: boolean }) => {
      const { retort } = await connect(env);
      const list = await retort.workers.list.query();
      if (json) return printJson(list);
      if (list.length === 0) return hint("No worker has reported. `npm start` starts one with the server.");
      const { table } = await import("../output/table.ts");
      const rows = list.map((worker) => [
        worker.name,
        worker.status,
        `${worker.host}:${worker.pid}`,
        worker.devices.join(" "),
        worker.threads,
        bytes(worker.memoryBytes),
        worker.stageIds.length,
        `${duration((Date.now() - worker.heartbeatAt.getTime()) / 1000)} ago`,
      ]);
      print(table(["WORKER", "STATUS", "PROCESS", "DEVICES", "THREADS", "MEMORY", "STAGES", "HEARD"], rows));
    });
}
