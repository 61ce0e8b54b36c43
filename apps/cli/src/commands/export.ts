import type { Command } from "commander";
import type { CliEnv } from "../env.ts";
import { print } from "../output/print.ts";
import { resolveRun, shortId } from "../run-reference.ts";
import { connect } from "../server.ts";

export function exportRun(program: Command, env: CliEnv): void {
  program
    .command("export")
    .description("write a run to a folder: parameters, metrics, evaluations with every sample, logs, files")
    .argument("<run>", "as in `retort show`")
    .option("--out <dir>", "new or empty folder (default retort-<run>)")
    .action(async (reference: string, { out }: { out?: string }) => {
      const { retort, server } = await connect(env);
      const runId = await resolveRun(retort, reference);
      const { writeRun } = await import("../export/write-run.ts");
      const { dir, files } = await writeRun({ retort, server, runId, dir: out ?? `retort-${shortId(runId)}` });
      for (const file of files) print(file);
      print(`${files.length} files in ${dir}`);
    });
}
