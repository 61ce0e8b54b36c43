import type { LogLine } from "@retort/api";
import type { Retort } from "@retort/api/client";
import type { Command } from "commander";
import { CliError, exitCodes } from "../cli-error.ts";
import type { CliEnv } from "../env.ts";
import { print } from "../output/print.ts";
import { resolveRun } from "../run-reference.ts";
import { connect } from "../server.ts";

interface Source {
  id: string;
  /** Put before each line when several stages are shown. */
  label: string;
}

export function logs(program: Command, env: CliEnv): void {
  program
    .command("logs")
    .description("print the log of a run's stages or of one stage")
    .argument("<run-or-stage>", "a run as in `retort show`, <run>/<stage name>, or a stage's id")
    .option("-f, --follow", "go on until the stages have finished")
    .option("--json", "print a JSON object a line")
    .action(async (reference: string, { follow, json }: { follow?: boolean; json?: boolean }) => {
      const { retort } = await connect(env);
      const sources = await findSources(retort, reference);
      const width = sources.length === 1 ? 0 : Math.max(...sources.map(({ label }) => label.length));
      const tell = (source: Source) => (line: LogLine) =>
        print(
          json ? JSON.stringify({ stage: source.label, ...line }) : format(line, source.label.padEnd(width), width),
        );
      if (!follow) {
        for (const source of sources) await printAll(retort, source.id, tell(source));
        return;
      }
      const { followLogs } = await import("../watch/follow-logs.ts");
      const interrupted = await followLogs(
        retort,
        sources.map((source) => ({ id: source.id, onLine: tell(source) })),
      );
      if (interrupted) process.exitCode = exitCodes.interrupted;
    });
}

async function printAll(retort: Retort, stageId: string, tell: (line: LogLine) => void): Promise<void> {
  let afterSeq = -1;
  for (;;) {
    const { lines } = await retort.stages.logs.query({ stageId, afterSeq, limit: 5000 });
    for (const line of lines) tell(line);
    const last = lines.at(-1);
    if (last === undefined) return;
    afterSeq = last.seq;
  }
}

async function findSources(retort: Retort, reference: string): Promise<Source[]> {
  const [runReference = "", stageName] = reference.split("/");
  const stage = stageName === undefined ? await stageById(retort, reference) : null;
  if (stage !== null) return [stage];
  const run = await retort.runs.get.query({ runId: await resolveRun(retort, runReference) });
  const all = run.stages.map(({ id, name }) => ({ id, label: name }));
  const chosen = stageName === undefined ? all : all.filter(({ label }) => label === stageName);
  if (chosen.length > 0) return chosen;
  throw new CliError(`The run has no stage "${stageName}"; it has ${all.map(({ label }) => label).join(", ")}`);
}

/** Null when there is no stage of that id: the reference may be a run's. */
async function stageById(retort: Retort, reference: string): Promise<Source | null> {
  if (!/^[0-9a-f-]{36}$/i.test(reference)) return null;
  try {
    const { usedBy } = await retort.stages.explain.query({ stageId: reference });
    return { id: reference, label: usedBy[0]?.stageName ?? reference };
  } catch (error) {
    const { describeError } = await import("@retort/api/client");
    if (describeError(error).code === "NOT_FOUND") return null;
    throw error;
  }
}

function format({ at, level, message }: LogLine, label: string, width: number): string {
  const mark = level === "info" || level === "debug" ? "" : `${level.toUpperCase()} `;
  return `${at.toISOString().slice(11, 23)} ${width === 0 ? "" : `${label}  `}${mark}${message}`;
}
