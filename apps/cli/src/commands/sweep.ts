import type { Sweep } from "@retort/api";
import type { Retort } from "@retort/api/client";
import type { Command } from "commander";
import { exitCodes } from "../cli-error.ts";
import type { CliEnv } from "../env.ts";
import { hint, print, printJson } from "../output/print.ts";
import { withRunIds } from "../run-parameters.ts";
import { shortId } from "../run-reference.ts";
import { connect } from "../server.ts";
import type { SourcedSweep } from "../sweep/read-sweeps.ts";
import { warnWithoutWorkers } from "../watch/worker-check.ts";

interface Options {
  project?: string;
  watch?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

export function sweep(program: Command, env: CliEnv): void {
  program
    .command("sweep")
    .description("launch the sweeps of a file, or one that a recipe brings")
    .argument("<source...>", "a .yaml, .json or .ts file with one or several sweeps, or recipe:sweep")
    .option("--project <slug>", "instead of the one in the file")
    .option("--dry-run", "only tell what would be run: points, stages, what is shared, how long it may take")
    .option("--watch", "follow the sweeps to their end; exit code 1 when a trial fails")
    .option("--json", "print JSON")
    .action(async (sources: string[], options: Options) => {
      const { retort } = await connect(env);
      const { readSweeps } = await import("../sweep/read-sweeps.ts");
      const found = (await Promise.all(sources.map((source) => readSweeps(retort, source)))).flat();
      const { project } = options;
      const sweeps: SourcedSweep[] = [];
      for (const { source, request } of found) {
        const { recipe, params } = request;
        sweeps.push({
          source,
          request: {
            ...request,
            ...(params === undefined ? {} : { params: await withRunIds(retort, recipe, params) }),
            ...(project === undefined ? {} : { project }),
          },
        });
      }
      if (options.dryRun) return preview(retort, sweeps, options);
      // All are checked before the first is launched: a file is launched as a whole or not at all.
      for (const { request } of sweeps.length > 1 ? sweeps : []) await retort.sweeps.preview.query(request);
      const sweepIds: string[] = [];
      for (const { request } of sweeps) sweepIds.push((await retort.sweeps.launch.mutate(request)).sweepId);
      await warnWithoutWorkers(retort);
      if (!options.watch) return tell(sweepIds, options);
      const { watchSweeps } = await import("../watch/watch-sweeps.ts");
      const { sweeps: ended, interrupted } = await watchSweeps(retort, sweepIds);
      if (interrupted) {
        hint("Stopped watching; the sweeps go on.");
        for (const id of sweepIds) hint(`  retort sweeps show ${shortId(id)}    retort sweeps cancel ${shortId(id)}`);
        process.exitCode = exitCodes.interrupted;
        return;
      }
      await printOutcome(retort, ended, options);
      if (ended.some(({ status, counts }) => status !== "finished" || counts.failed > 0))
        process.exitCode = exitCodes.failed;
    });
}

async function preview(retort: Retort, sweeps: readonly SourcedSweep[], { json }: Options): Promise<void> {
  const previews = [];
  for (const { request } of sweeps) previews.push(await retort.sweeps.preview.query(request));
  if (json) return printJson({ previews });
  const { describePreview } = await import("../output/sweep.ts");
  print(previews.map(describePreview).join("\n\n\n"));
}

function tell(sweepIds: readonly string[], { json }: Options): void {
  if (json) {
    printJson({ sweepIds });
    return;
  }
  for (const id of sweepIds) print(`launched ${shortId(id)}  (${id})`);
  hint(`Watch it in the dashboard, or: retort sweeps show ${shortId(sweepIds[0]!)}`);
}

async function printOutcome(retort: Retort, sweeps: readonly Sweep[], { json }: Options): Promise<void> {
  if (json) return printJson({ sweeps });
  const { describeSweep } = await import("../output/sweep.ts");
  for (const sweep of sweeps) {
    const { trials } = await retort.sweeps.trials.query({ sweepId: sweep.id, order: "best", limit: 20 });
    print(`${describeSweep(sweep, trials)}\n`);
  }
}
