import type { NearStage, StageComparison } from "@retort/api";
import type { Command } from "commander";
import { CliError, usageError } from "../cli-error.ts";
import type { CliEnv } from "../env.ts";
import { print, printJson } from "../output/print.ts";
import { resolveRun, shortId } from "../run-reference.ts";
import { connect } from "../server.ts";

export function why(program: Command, env: CliEnv): void {
  program
    .command("why")
    .description("why was a stage (not) reused: the nearest stages of its kind, and in what they differ")
    .argument("<run>/<stage>", "a run as in `retort show` and the name of one of its stages")
    .option("--json", "print JSON")
    .action(async (reference: string, { json }: { json?: boolean }) => {
      const [runReference = "", stageName] = reference.split("/");
      if (stageName === undefined) throw usageError(`"${reference}" names no stage`, "Write <run>/<stage name>");
      const { retort } = await connect(env);
      const run = await retort.runs.get.query({ runId: await resolveRun(retort, runReference) });
      const stage = run.stages.find(({ name }) => name === stageName);
      if (stage === undefined) {
        const names = run.stages.map(({ name }) => name).join(", ");
        throw new CliError(`The run has no stage "${stageName}"; it has ${names}`);
      }
      const nearest = await retort.stages.nearest.query({ stageId: stage.id, limit: 3 });
      const compared = await Promise.all(
        nearest.map(async (near) => ({
          near,
          comparison: await retort.stages.compare.query({ stageId: stage.id, otherId: near.stageId }),
        })),
      );
      if (json) return printJson({ contentKey: stage.contentKey, reused: stage.reused, nearest: compared });
      print(
        stage.reused
          ? "Reused: an earlier launch had asked for the very same stage."
          : "Not reused: no earlier launch had asked for the same stage.",
      );
      if (compared.length === 0) print("There is no other stage of its kind.");
      for (const { near, comparison } of compared) print(describe(near, comparison));
    });
}

function describe({ stageId, stageName, status, run }: NearStage, { differences }: StageComparison): string {
  const where = run === null ? "" : `, ${stageName} of ${run.name} (${shortId(run.id)})`;
  const lines = differences.map(
    ({ via, path, ours, theirs }) =>
      `  ${[...via.map((input) => `${input} >`), path].join(" ")}: ${text(ours)} here, ${text(theirs)} there`,
  );
  return `\n${shortId(stageId)} (${status}${where}) differs in\n${lines.join("\n")}`;
}

function text(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}
