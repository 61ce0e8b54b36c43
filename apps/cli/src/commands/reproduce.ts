import type { StageDifference } from "@retort/api";
import type { Command } from "commander";
import { CliError, exitCodes } from "../cli-error.ts";
import type { CliEnv } from "../env.ts";
import { hint, print, printJson } from "../output/print.ts";
import { resolveRun, shortId } from "../run-reference.ts";
import { connect } from "../server.ts";

export function reproduce(program: Command, env: CliEnv): void {
  program
    .command("reproduce")
    .description(
      "execute a run anew and compare files, metrics and evaluations bit by bit; exit code 1 on a difference",
    )
    .argument("<run>", "as in `retort show`")
    .option("--with <run>", "compare with this run, instead of a new one")
    .option("--json", "print JSON")
    .action(async (reference: string, options: { with?: string; json?: boolean }) => {
      const { retort } = await connect(env);
      const runId = await resolveRun(retort, reference);
      const run = await retort.runs.get.query({ runId });
      if (run.status !== "succeeded")
        throw new CliError(`Only a run that has succeeded can be reproduced; this one is ${run.status}`);
      let otherId: string;
      if (options.with !== undefined) otherId = await resolveRun(retort, options.with);
      else {
        otherId = (await retort.runs.rerun.mutate({ runId })).runId;
        hint(`launched ${shortId(otherId)}; comparing when it has ended`);
        const { watchRuns } = await import("../watch/watch-runs.ts");
        const { interrupted } = await watchRuns(retort, [otherId]);
        if (interrupted) {
          hint(`Stopped watching; later: retort reproduce ${shortId(runId)} --with ${shortId(otherId)}`);
          process.exitCode = exitCodes.interrupted;
          return;
        }
      }
      const stages = await retort.runs.compare.query({ runId, otherId });
      const isEqual = stages.every((stage) => stage.isEqual);
      if (options.json) printJson({ runId, otherId, isEqual, stages });
      else {
        for (const stage of stages) print(describe(stage));
        print(isEqual ? "Reproduced bit by bit." : "Not the same.");
        for (const difference of isEqual ? [] : await environments(retort, [runId, otherId])) print(difference);
      }
      if (!isEqual) process.exitCode = exitCodes.failed;
    });
}

function describe(stage: StageDifference): string {
  const { name, isEqual, isShared, numArtifacts, numPoints, numEvaluations } = stage;
  if (isShared) return `${name}: the same stage in both runs, nothing to compare`;
  if (isEqual) return `${name}: equal (${numArtifacts} files, ${numPoints} points, ${numEvaluations} evaluations)`;
  const lines = [
    ...(stage.status === stage.otherStatus ? [] : [`status: ${stage.status} here, ${stage.otherStatus} there`]),
    ...stage.artifacts.map((artifact) => `file ${artifact}: other content`),
    ...stage.metrics.map(
      ({ key, firstStep, numPoints: n }) => `metric ${key}: ${n} points differ, the first at step ${firstStep}`,
    ),
    ...stage.evaluations.map((evaluation) => `evaluation ${evaluation}`),
  ];
  return `${name}: differs\n${lines.map((line) => `  ${line}`).join("\n")}`;
}

type Retort = Awaited<ReturnType<typeof connect>>["retort"];

/** What was different about the machines and programs: the first suspects. */
async function environments(retort: Retort, runIds: readonly [string, string]): Promise<string[]> {
  const [ours, theirs] = await Promise.all(
    runIds.map(async (runId) => {
      const { stages } = await retort.runs.get.query({ runId });
      const attempts = await Promise.all(stages.map(({ id }) => retort.stages.attempts.query({ stageId: id })));
      return attempts.map((tries) => ({ host: tries.at(-1)?.host, ...tries.at(-1)?.environment }));
    }),
  );
  const parts = new Set(
    (ours ?? []).flatMap((our, index) => {
      const their: Record<string, unknown> = theirs?.[index] ?? {};
      return Object.entries(our)
        .filter(([part, value]) => their[part] !== value)
        .map(([part, value]) => `  ${part}: ${value} here, ${their[part]} there`);
    }),
  );
  return parts.size === 0
    ? ["Both were made by the same program on the same machine."]
    : ["Made differently:", ...parts];
}
